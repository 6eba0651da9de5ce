-- The first tables. Rows of an app lie together (WITHOUT ROWID), so that a span of one app is one walk.
CREATE TABLE apps (
    number INTEGER PRIMARY KEY,
    host TEXT NOT NULL, slot TEXT NOT NULL, app TEXT NOT NULL,
    UNIQUE (host, slot, app)
) STRICT;

CREATE TABLE transitions (
    app INTEGER NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL,
    "from" TEXT, "to" TEXT, cause TEXT NOT NULL,
    PRIMARY KEY (app, at, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
    number INTEGER PRIMARY KEY,
    about TEXT NOT NULL, app INTEGER, parent TEXT,
    state TEXT NOT NULL, cause TEXT NOT NULL, since INTEGER NOT NULL, at INTEGER NOT NULL,
    granted INTEGER NOT NULL, holds INTEGER NOT NULL, acknowledged INTEGER NOT NULL, snoozed INTEGER,
    told TEXT NOT NULL, ended INTEGER, ending TEXT
) STRICT;

CREATE TABLE mutes (
    number INTEGER PRIMARY KEY,
    scope TEXT NOT NULL, kind TEXT NOT NULL, "from" INTEGER NOT NULL, until INTEGER, hours TEXT,
    opening INTEGER NOT NULL, by TEXT NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL, lifted INTEGER
) STRICT;

CREATE TABLE acknowledgements (
    incident INTEGER NOT NULL, at INTEGER NOT NULL, until INTEGER, by TEXT NOT NULL, place TEXT NOT NULL,
    PRIMARY KEY (incident, at, by)
) STRICT, WITHOUT ROWID;

CREATE TABLE adoptions (
    app INTEGER PRIMARY KEY, at INTEGER NOT NULL, how TEXT NOT NULL, by TEXT NOT NULL, place TEXT NOT NULL
) STRICT;

CREATE TABLE repairs (
    app INTEGER NOT NULL, at INTEGER NOT NULL, incident INTEGER, action TEXT NOT NULL, dry INTEGER NOT NULL,
    evidence TEXT NOT NULL, by TEXT NOT NULL, place TEXT NOT NULL, ended INTEGER, outcome TEXT,
    PRIMARY KEY (app, at, action)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY,
    channel TEXT NOT NULL, lane TEXT NOT NULL, incident INTEGER, at INTEGER NOT NULL, due INTEGER NOT NULL,
    attempts INTEGER NOT NULL, body TEXT NOT NULL, ended INTEGER, failure TEXT
) STRICT;

CREATE TABLE tokens (
    name TEXT PRIMARY KEY, hash TEXT NOT NULL, role TEXT NOT NULL, at INTEGER NOT NULL,
    by TEXT NOT NULL, place TEXT NOT NULL, expires INTEGER, revoked INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE last_states (
    app INTEGER PRIMARY KEY, at INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT NOT NULL,
    since INTEGER NOT NULL, granted INTEGER NOT NULL, repair TEXT
) STRICT;

CREATE TABLE hours (
    app INTEGER NOT NULL, hour INTEGER NOT NULL,
    missing INTEGER NOT NULL, down INTEGER NOT NULL, stalled INTEGER NOT NULL, hidden INTEGER NOT NULL,
    late INTEGER NOT NULL, unknown INTEGER NOT NULL, reconnecting INTEGER NOT NULL, starting INTEGER NOT NULL,
    up INTEGER NOT NULL, off INTEGER NOT NULL, done INTEGER NOT NULL,
    beats INTEGER NOT NULL, reloads INTEGER NOT NULL, errors INTEGER NOT NULL,
    slowest INTEGER, mean INTEGER, gap INTEGER,
    PRIMARY KEY (app, hour)
) STRICT, WITHOUT ROWID;

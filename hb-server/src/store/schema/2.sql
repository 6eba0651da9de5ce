-- What people expect beside the configuration, and what switches said last: both outlive a restart.
CREATE TABLE expectations (
    host TEXT NOT NULL, slot TEXT NOT NULL, shows TEXT NOT NULL, at INTEGER NOT NULL,
    by TEXT NOT NULL, place TEXT NOT NULL, lifted INTEGER,
    PRIMARY KEY (host, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE signals (
    scope TEXT PRIMARY KEY, open INTEGER NOT NULL, since INTEGER NOT NULL, at INTEGER NOT NULL,
    by TEXT NOT NULL, place TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What an amnesty must know beyond the state: how old an app is, what it promised, and which page it was.
ALTER TABLE last_states ADD COLUMN first_seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE last_states ADD COLUMN promise INTEGER NOT NULL DEFAULT 0;
ALTER TABLE last_states ADD COLUMN boot TEXT;
ALTER TABLE last_states ADD COLUMN version INTEGER;
ALTER TABLE last_states ADD COLUMN lived INTEGER NOT NULL DEFAULT 0;

-- Where repairs stand changes by itself, not with what is believed.
ALTER TABLE last_states DROP COLUMN repair;
CREATE TABLE ladders (app INTEGER PRIMARY KEY, at INTEGER NOT NULL, record TEXT) STRICT;

-- When places were dark is asked for one app after the other.
CREATE INDEX dark ON incidents (app) WHERE state = 'missing';

-- What happened to all is asked for by time.
CREATE INDEX transitions_by_time ON transitions (at);

-- What a step said stands in the story of the repair.
ALTER TABLE repairs ADD COLUMN said TEXT;

-- What links in messages are signed with, and those that were used: of this memory only, in no export.
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE used (nonce TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;

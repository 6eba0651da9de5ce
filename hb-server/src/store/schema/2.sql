-- What people expect beside the configuration, and what switches said last: both outlive a restart.
CREATE TABLE expectations (
    host TEXT NOT NULL, slot TEXT NOT NULL, shows TEXT NOT NULL, at INTEGER NOT NULL,
    by TEXT NOT NULL, place TEXT NOT NULL, lifted INTEGER,
    PRIMARY KEY (host, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE signals (
    scope TEXT PRIMARY KEY, open INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, place TEXT NOT NULL
) STRICT, WITHOUT ROWID;

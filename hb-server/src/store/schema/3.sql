-- Two pages answered to one name: nobody sees that in what was believed of it.
CREATE TABLE conflicts (
    app INTEGER NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL, "on" INTEGER NOT NULL,
    PRIMARY KEY (app, at, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX conflicts_by_time ON conflicts (at);

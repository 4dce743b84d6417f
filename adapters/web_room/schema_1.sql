-- The room's own file. Nothing of the ledger is in here, and nothing of this is in the ledger.
-- Every id is AUTOINCREMENT: what was given once is never given again, also not after a deletion.

CREATE TABLE instance (
    -- Tells this file from any other: it is part of every id that leaves the room.
    id TEXT NOT NULL
) STRICT;

CREATE TABLE room (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE thread (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room INTEGER NOT NULL REFERENCES room,
    key TEXT NOT NULL UNIQUE,
    slot TEXT NOT NULL,             -- the post that the thread is about
    card TEXT NOT NULL,             -- the post's card, as JSON
    started REAL NOT NULL,
    active REAL NOT NULL            -- when something was last written in it
) STRICT;

CREATE TABLE person (
    id TEXT PRIMARY KEY,            -- a slug of the name, never given twice
    name TEXT NOT NULL,
    folded TEXT NOT NULL,           -- the name as it is compared
    role TEXT NOT NULL CHECK (role IN ('author', 'member')),
    secret BLOB NOT NULL,           -- hash of the 256-bit secret in the person's link
    invited REAL NOT NULL,
    revoked REAL
) STRICT;
CREATE UNIQUE INDEX person_secret ON person (secret);
CREATE UNIQUE INDEX person_named ON person (folded) WHERE revoked IS NULL;

CREATE TABLE session (
    token BLOB PRIMARY KEY,         -- hash of the 256-bit token in the cookie
    person TEXT NOT NULL REFERENCES person,
    since REAL NOT NULL,
    seen REAL NOT NULL
) STRICT;

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    thread INTEGER NOT NULL REFERENCES thread,
    key TEXT,                       -- on our own messages
    writer TEXT REFERENCES person,  -- on people's messages
    client TEXT,                    -- on people's messages: the browser's own id for it
    body TEXT NOT NULL,             -- ours: a card as JSON; people's: Markdown as typed; empty once deleted
    excerpt TEXT NOT NULL,          -- its first words without markup, for quotes and the list of threads
    commenter TEXT,                 -- on visitors' comments: the name
    reply_to INTEGER,
    addressed INTEGER,
    to_person INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    marks INTEGER NOT NULL DEFAULT 0,   -- how often the mark was put on or taken off: odd is on
    written REAL NOT NULL,
    edited REAL,
    deleted REAL,
    last_event INTEGER NOT NULL DEFAULT 0,
    CHECK ((key IS NULL) <> (writer IS NULL)),
    UNIQUE (thread, key),
    UNIQUE (writer, client)
) STRICT;
CREATE INDEX message_thread ON message (thread, id);

CREATE TABLE receipt (
    message INTEGER PRIMARY KEY REFERENCES message,
    body TEXT NOT NULL
) STRICT;

-- The log: what happened, in the order of its commits. The daemon reads the events that have a body, by cursor;
-- the pages read all, to know which messages to show again.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    thread INTEGER NOT NULL REFERENCES thread,
    message INTEGER,
    kind TEXT NOT NULL,             -- written, edited, erased, marked | receipt, thread
    n INTEGER NOT NULL,             -- the message's revision, or its number of marks
    body TEXT                       -- JSON for the daemon; none where the event concerns only the pages
) STRICT;
CREATE INDEX event_thread ON event (thread, seq);

-- How far the daemon has taken the log over: what lies behind it waits for Backchat.
CREATE TABLE reader (
    chat TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT;

CREATE TABLE read_mark (
    person TEXT NOT NULL REFERENCES person,
    thread INTEGER NOT NULL REFERENCES thread,
    upto INTEGER NOT NULL,
    PRIMARY KEY (person, thread)
) STRICT;

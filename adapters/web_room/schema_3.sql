-- Version 3: moderation: who may moderate in which rooms, threads that only they see, and what they chose.

-- Set while the room is a moderation room: threads that begin in it are closed.
ALTER TABLE room ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
-- A closed thread is seen by the room's moderators and by operators; it is never opened again.
ALTER TABLE thread ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
-- Set while the message shows a comment that waits for a moderator.
ALTER TABLE message ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;

CREATE INDEX message_pending ON message (thread, id) WHERE pending = 1;

CREATE TABLE moderator (
    room INTEGER NOT NULL REFERENCES room,
    who TEXT NOT NULL,              -- a person's id, or @ and a role
    PRIMARY KEY (room, who)
) STRICT, WITHOUT ROWID;

-- What a moderator chose on a card of ours. It is under way until the card changes, or we say something about it.
CREATE TABLE choice (
    message INTEGER PRIMARY KEY REFERENCES message,
    n INTEGER NOT NULL,             -- how many choices the card has seen
    choice TEXT NOT NULL,
    name TEXT NOT NULL,             -- who chose, as they were called then
    person TEXT NOT NULL REFERENCES person,
    at REAL NOT NULL,
    event INTEGER NOT NULL,
    under_way INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX choice_under_way ON choice (event) WHERE under_way = 1;

CREATE VIEW moderates AS
SELECT person.id AS person, moderator.room AS room
FROM person JOIN moderator ON moderator.who IN (person.id, '@' || person.role)
WHERE person.revoked IS NULL;

-- Who sees the closed threads of a room.
CREATE VIEW oversees AS
SELECT person, room FROM moderates
UNION ALL
SELECT person.id, room.id FROM person, room WHERE person.operator = 1 AND person.revoked IS NULL;

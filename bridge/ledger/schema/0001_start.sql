-- Instants are seconds since the Unix epoch. Trees are JSON as bridge.text.tree writes it.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- Blogs and what was read of them -------------------------------------------------------------------------------

CREATE TABLE source (                    -- one row for each part of a blog that is read on its own beat
  blog TEXT NOT NULL, part TEXT NOT NULL DEFAULT '',
  initialised INTEGER NOT NULL DEFAULT 0, -- a flag of its own: an empty blog has been read, too
  paused TEXT,                            -- the reason, in words
  trusted INTEGER NOT NULL DEFAULT 0,     -- a person has looked: the next whole reading believes the blog's numbers
  cursor TEXT, next_read REAL NOT NULL DEFAULT 0, last_read REAL, failures INTEGER NOT NULL DEFAULT 0,
  last_error TEXT, gaps INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (blog, part)
) STRICT;

CREATE TABLE post (
  id INTEGER PRIMARY KEY AUTOINCREMENT, blog TEXT NOT NULL, native TEXT NOT NULL,
  address TEXT NOT NULL, title TEXT NOT NULL, author TEXT, published REAL, excerpt TEXT NOT NULL, picture TEXT,
  UNIQUE (blog, native)
) STRICT;

CREATE TABLE post_address (blog TEXT NOT NULL, address TEXT NOT NULL, post INTEGER NOT NULL REFERENCES post (id),
  since REAL NOT NULL, PRIMARY KEY (blog, address)) STRICT;

CREATE TABLE comment (
  id INTEGER PRIMARY KEY AUTOINCREMENT, blog TEXT NOT NULL, native TEXT NOT NULL,
  post INTEGER NOT NULL REFERENCES post (id), position INTEGER NOT NULL, parent TEXT,
  kind TEXT NOT NULL, origin TEXT NOT NULL, standing TEXT NOT NULL, announced INTEGER NOT NULL DEFAULT 0,
  rev INTEGER NOT NULL DEFAULT 1, digest TEXT NOT NULL, body TEXT NOT NULL, edited INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL, folded TEXT NOT NULL, avatar TEXT, created REAL NOT NULL, seen REAL NOT NULL, link TEXT NOT NULL,
  answer INTEGER REFERENCES answer (id),
  UNIQUE (blog, native)
) STRICT;
CREATE INDEX comment_by_post ON comment (post, position);
CREATE INDEX comment_by_position ON comment (blog, position);

-- Chats and what was heard in them ------------------------------------------------------------------------------

CREATE TABLE connection (chat TEXT PRIMARY KEY, watermark TEXT, caught_up INTEGER NOT NULL DEFAULT 0,
  last_event REAL, last_error TEXT) STRICT; -- caught_up: the run in which the past was recorded to its end

CREATE TABLE inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, event_id TEXT NOT NULL, natural_key TEXT NOT NULL,
  thread TEXT NOT NULL, ord INTEGER NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'new',
  attempts INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0, at REAL NOT NULL, reason TEXT,
  UNIQUE (chat, event_id), UNIQUE (chat, natural_key)
) STRICT;
CREATE INDEX inbox_open ON inbox (chat, thread, ord, id) WHERE state = 'new';

CREATE TABLE thread (
  id INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, room TEXT NOT NULL, slot TEXT NOT NULL,
  generation INTEGER NOT NULL DEFAULT 0, post INTEGER NOT NULL REFERENCES post (id), route TEXT NOT NULL,
  native TEXT, state TEXT NOT NULL DEFAULT 'open',
  UNIQUE (chat, room, slot, generation)
) STRICT;
CREATE UNIQUE INDEX thread_native ON thread (chat, native) WHERE native IS NOT NULL;
CREATE INDEX thread_by_post ON thread (post);

CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, thread INTEGER NOT NULL REFERENCES thread (id),
  native TEXT NOT NULL, writer TEXT, name TEXT, body TEXT, at REAL NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
  reply_to TEXT, addressed TEXT, to_person INTEGER NOT NULL DEFAULT 0, -- whom it was meant for, as its event told
  target INTEGER REFERENCES target (id), part INTEGER,
  UNIQUE (chat, native)
) STRICT;
CREATE INDEX message_by_target ON message (target) WHERE target IS NOT NULL;

-- Answers ---------------------------------------------------------------------------------------------------------

CREATE TABLE answer (
  id INTEGER PRIMARY KEY AUTOINCREMENT, blog TEXT NOT NULL, route TEXT NOT NULL, chat TEXT NOT NULL,
  thread INTEGER NOT NULL REFERENCES thread (id), post INTEGER NOT NULL REFERENCES post (id),
  author TEXT NOT NULL, speaker TEXT NOT NULL, -- speaker: the listed id or @role by which the author may speak
  account TEXT NOT NULL, addressed TEXT, parent TEXT, names TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL, rev INTEGER NOT NULL DEFAULT 1, body TEXT NOT NULL, publish_at REAL NOT NULL,
  comment TEXT, link TEXT, reason TEXT, blog_edited INTEGER NOT NULL DEFAULT 0, settled_at REAL,
  standing_text TEXT                      -- what we believe stands on the blog: named in every revise and withdraw
) STRICT;
CREATE INDEX answer_open ON answer (thread, author) WHERE state = 'held';
CREATE INDEX answer_by_route ON answer (route, state);

CREATE TABLE answer_source (answer INTEGER NOT NULL REFERENCES answer (id), message INTEGER NOT NULL UNIQUE
  REFERENCES message (id), n INTEGER NOT NULL, PRIMARY KEY (answer, n)) STRICT;

-- What should stand, and the attempts to bring it there ----------------------------------------------------------

CREATE TABLE lane (name TEXT PRIMARY KEY, due REAL, run INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0)
  STRICT;                                 -- run: the run that holds the lane's lease, 0 if nobody does
CREATE INDEX lane_due ON lane (due) WHERE run = 0 AND due IS NOT NULL;

CREATE TABLE pace (name TEXT PRIMARY KEY, not_before REAL NOT NULL) STRICT;

CREATE TABLE target (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject INTEGER NOT NULL, chat TEXT NOT NULL,
  thread INTEGER NOT NULL REFERENCES thread (id), lane TEXT NOT NULL REFERENCES lane (name),
  needs INTEGER REFERENCES target (id), wanted INTEGER NOT NULL, applied INTEGER NOT NULL DEFAULT 0,
  absent INTEGER NOT NULL DEFAULT 0, tombstone INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'ready',    -- ready · sending · unknown · parked · refused · idle
  not_before REAL NOT NULL DEFAULT 0, held_until REAL NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
  reason TEXT, body TEXT,                 -- body: the words of a notice
  UNIQUE (kind, subject, chat, thread)
) STRICT;
CREATE INDEX target_open ON target (lane, id) WHERE state IN ('ready', 'unknown');
CREATE INDEX target_parked ON target (state) WHERE state IN ('parked', 'refused');

CREATE TABLE part (target INTEGER NOT NULL REFERENCES target (id), n INTEGER NOT NULL, native TEXT NOT NULL,
  digest TEXT NOT NULL, PRIMARY KEY (target, n)) STRICT;

CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT, target INTEGER NOT NULL REFERENCES target (id), lane TEXT NOT NULL,
  step TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0, rev INTEGER NOT NULL, key TEXT NOT NULL, sent TEXT NOT NULL,
  state TEXT NOT NULL,                    -- sending · unknown · parked · done · not done · refused · dropped
  repeated INTEGER NOT NULL DEFAULT 0,    -- sent again under the same key: that one sending failed proves nothing
  started REAL NOT NULL, deadline REAL NOT NULL, look_at REAL NOT NULL, reason TEXT
) STRICT;
CREATE UNIQUE INDEX delivery_open ON delivery (target) WHERE state IN ('sending', 'unknown', 'parked');
CREATE INDEX delivery_key ON delivery (key);
CREATE INDEX delivery_by_target ON delivery (target, n);

-- Routes, as the configuration had them -------------------------------------------------------------------------

CREATE TABLE route (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, since REAL NOT NULL, retired REAL) STRICT;

CREATE TABLE speaker (                    -- law 8: since when somebody may speak for a route in a room
  route TEXT NOT NULL, chat TEXT NOT NULL, room TEXT NOT NULL, person TEXT NOT NULL, account TEXT NOT NULL,
  since REAL NOT NULL, PRIMARY KEY (route, chat, room, person)
) STRICT;

-- A ledger that Backchat 0.1.0 left (schema 1): a comment with a public answer, a reply to it, and a held answer.
BEGIN TRANSACTION;
CREATE TABLE answer (
  id INTEGER PRIMARY KEY AUTOINCREMENT, blog TEXT NOT NULL, route TEXT NOT NULL, chat TEXT NOT NULL,
  thread INTEGER NOT NULL REFERENCES thread (id), post INTEGER NOT NULL REFERENCES post (id),
  author TEXT NOT NULL, speaker TEXT NOT NULL, -- speaker: the listed id or @role by which the author may speak
  account TEXT NOT NULL, addressed TEXT, parent TEXT, names TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL, rev INTEGER NOT NULL DEFAULT 1, body TEXT NOT NULL, publish_at REAL NOT NULL,
  comment TEXT, link TEXT, reason TEXT, blog_edited INTEGER NOT NULL DEFAULT 0, settled_at REAL,
  standing_text TEXT                      -- what we believe stands on the blog: named in every revise and withdraw
) STRICT;
INSERT INTO "answer" VALUES(1,'garden','garden','lounge',1,1,'ada','ada','ada','1@1800000000.000','1@1800000000.000','{}','public',1,'[["p",["In March."]]]',1800000026.5,'2@1800000026.500','https://blog.example/first/#c2',NULL,0,1800000026.5,'[["p",["In March."]]]');
INSERT INTO "answer" VALUES(2,'garden','garden','lounge',1,1,'ada','ada','ada','3@1800000026.500','1@1800000000.000','{}','held',1,'[["p",[["a","https://blog.example/first/#c3",["@Otto"]]," In autumn."]]]',1800000053.0,NULL,NULL,NULL,0,NULL,NULL);
CREATE TABLE answer_source (answer INTEGER NOT NULL REFERENCES answer (id), message INTEGER NOT NULL UNIQUE
  REFERENCES message (id), n INTEGER NOT NULL, PRIMARY KEY (answer, n)) STRICT;
INSERT INTO "answer_source" VALUES(1,2,0);
INSERT INTO "answer_source" VALUES(2,4,0);
CREATE TABLE comment (
  id INTEGER PRIMARY KEY AUTOINCREMENT, blog TEXT NOT NULL, native TEXT NOT NULL,
  post INTEGER NOT NULL REFERENCES post (id), position INTEGER NOT NULL, parent TEXT,
  kind TEXT NOT NULL, origin TEXT NOT NULL, standing TEXT NOT NULL, announced INTEGER NOT NULL DEFAULT 0,
  rev INTEGER NOT NULL DEFAULT 1, digest TEXT NOT NULL, body TEXT NOT NULL, edited INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL, folded TEXT NOT NULL, avatar TEXT, created REAL NOT NULL, seen REAL NOT NULL, link TEXT NOT NULL,
  answer INTEGER REFERENCES answer (id),
  UNIQUE (blog, native)
) STRICT;
INSERT INTO "comment" VALUES(1,'garden','1@1800000000.000',1,1,NULL,'comment','visitor','public',1,1,'40b3570a99e8f14ca072f8d75b39fda6','[["p",["How do you prune roses?"]]]',0,'Vera','vera',NULL,1800000000.0,1800000005.5,'https://blog.example/first/#c1',NULL);
INSERT INTO "comment" VALUES(2,'garden','2@1800000026.500',1,2,'1@1800000000.000','comment','ours','public',1,1,'26ca6049f522d676c4d8c81db4a4eeed','[["p",["In March."]]]',0,'ada','ada',NULL,1800000026.5,1800000026.5,'https://blog.example/first/#c2',1);
INSERT INTO "comment" VALUES(3,'garden','3@1800000026.500',1,3,'1@1800000000.000','comment','visitor','public',1,1,'f058fb9e112863b8eafb0543f2f0cd46','[["p",["And tulips?"]]]',0,'Otto','otto',NULL,1800000026.5,1800000032.0,'https://blog.example/first/#c3',NULL);
CREATE TABLE connection (chat TEXT PRIMARY KEY, watermark TEXT, caught_up INTEGER NOT NULL DEFAULT 0,
  last_event REAL, last_error TEXT) STRICT;
INSERT INTO "connection" VALUES('lounge','4',1,1800000043.0,NULL);
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT, target INTEGER NOT NULL REFERENCES target (id), lane TEXT NOT NULL,
  step TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0, rev INTEGER NOT NULL, key TEXT NOT NULL, sent TEXT NOT NULL,
  state TEXT NOT NULL,                    -- sending · unknown · parked · done · not done · refused · dropped
  repeated INTEGER NOT NULL DEFAULT 0,    -- sent again under the same key: that one sending failed proves nothing
  started REAL NOT NULL, deadline REAL NOT NULL, look_at REAL NOT NULL, reason TEXT
) STRICT;
INSERT INTO "delivery" VALUES(1,1,'room:lounge/garden/1','start',0,1,'jqghexffa23rzjy4auitrbba','{"room": "garden", "post": {"native": "/first/", "address": "https://blog.example/first/", "title": "First post", "author": null, "published": null, "excerpt": "", "picture": null}, "notify": ["ada"]}','done',0,1800000005.5,1800000035.5,1800000035.5,NULL);
INSERT INTO "delivery" VALUES(2,2,'room:lounge/garden/1','say',0,1,'o3yz5vbizojbkvbobz74i5cg','{"thread": "t1", "body": "Vera: How do you prune roses?"}','done',0,1800000005.5,1800000035.5,1800000040.5,NULL);
INSERT INTO "delivery" VALUES(3,4,'receipts:lounge/1','show',0,1,'','{"thread": "t1", "message": "m2", "receipt": {"state": "held", "until": 1800000026.5, "answers": "Vera", "answers_message": "m1", "link": null, "reason": null}}','done',0,1800000016.5,1800000046.5,1800000046.5,NULL);
INSERT INTO "delivery" VALUES(4,3,'blog:garden/1','publish',0,1,'nkqqwlraamdvf6evty55r4f7','{"blog": "garden", "account": "ada", "post": "/first/", "parent": "1@1800000000.000", "text": "[[\"p\",[\"In March.\"]]]"}','done',0,1800000026.5,1800000056.5,1800000061.5,NULL);
INSERT INTO "delivery" VALUES(5,4,'receipts:lounge/1','show',0,3,'','{"thread": "t1", "message": "m2", "receipt": {"state": "public", "until": null, "answers": "Vera", "answers_message": "m1", "link": "https://blog.example/first/#c2", "reason": null}}','done',0,1800000026.5,1800000056.5,1800000056.5,NULL);
INSERT INTO "delivery" VALUES(6,7,'room:lounge/garden/1','say',0,1,'yobsa3tichpiqffquexdax7l','{"thread": "t1", "body": "Otto to Vera: And tulips?"}','done',0,1800000032.0,1800000062.0,1800000067.0,NULL);
INSERT INTO "delivery" VALUES(7,9,'receipts:lounge/1','show',0,1,'','{"thread": "t1", "message": "m4", "receipt": {"state": "held", "until": 1800000053.0, "answers": "Otto", "answers_message": "m3", "link": null, "reason": null}}','done',0,1800000043.0,1800000073.0,1800000073.0,NULL);
CREATE TABLE inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, event_id TEXT NOT NULL, natural_key TEXT NOT NULL,
  thread TEXT NOT NULL, ord INTEGER NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'new',
  attempts INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0, at REAL NOT NULL, reason TEXT,
  UNIQUE (chat, event_id), UNIQUE (chat, natural_key)
) STRICT;
INSERT INTO "inbox" VALUES(1,'lounge','e0','written/m1/0','t1',0,'{"kind": "written", "message": "m1", "at": 1800000005.5, "words": "Vera: How do you prune roses?", "who": "backchat", "key": "o3yz5vbizojbkvbobz74i5cg"}','done',0,0.0,1800000005.5,'our own message');
INSERT INTO "inbox" VALUES(2,'lounge','e1','written/m2/1','t1',1,'{"kind": "written", "message": "m2", "at": 1800000016.5, "words": "In March.", "who": "ada", "reply_to": null, "addressed": null, "roles": [], "to_person": false, "system": false}','done',0,0.0,1800000016.5,'an answer');
INSERT INTO "inbox" VALUES(3,'lounge','e2','written/m3/2','t1',2,'{"kind": "written", "message": "m3", "at": 1800000032.0, "words": "Otto to Vera: And tulips?", "who": "backchat", "key": "yobsa3tichpiqffquexdax7l"}','done',0,0.0,1800000032.0,'our own message');
INSERT INTO "inbox" VALUES(4,'lounge','e3','written/m4/3','t1',3,'{"kind": "written", "message": "m4", "at": 1800000043.0, "words": "In autumn.", "who": "ada", "reply_to": null, "addressed": null, "roles": [], "to_person": false, "system": false}','done',0,0.0,1800000043.0,'an answer');
CREATE TABLE lane (name TEXT PRIMARY KEY, due REAL, run INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0)
  STRICT;
INSERT INTO "lane" VALUES('room:lounge/garden/1',NULL,0,3);
INSERT INTO "lane" VALUES('blog:garden/1',1800000053.0,0,1);
INSERT INTO "lane" VALUES('receipts:lounge/1',NULL,0,3);
CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, thread INTEGER NOT NULL REFERENCES thread (id),
  native TEXT NOT NULL, writer TEXT, name TEXT, body TEXT, at REAL NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
  reply_to TEXT, addressed TEXT, to_person INTEGER NOT NULL DEFAULT 0, -- whom it was meant for, as its event told
  target INTEGER REFERENCES target (id), part INTEGER,
  UNIQUE (chat, native)
) STRICT;
INSERT INTO "message" VALUES(1,'lounge',1,'m1',NULL,NULL,NULL,1800000005.5,0,NULL,NULL,0,2,0);
INSERT INTO "message" VALUES(2,'lounge',1,'m2','ada','Ada','[["p",["In March."]]]',1800000016.5,0,NULL,NULL,0,NULL,NULL);
INSERT INTO "message" VALUES(3,'lounge',1,'m3',NULL,NULL,NULL,1800000032.0,0,NULL,NULL,0,7,0);
INSERT INTO "message" VALUES(4,'lounge',1,'m4','ada','Ada','[["p",["In autumn."]]]',1800000043.0,0,NULL,NULL,0,NULL,NULL);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "meta" VALUES('instance key','20724831de1e8e634c858548637c57c515540c30c3a322b78192107d20ac382f');
INSERT INTO "meta" VALUES('run','1');
CREATE TABLE pace (name TEXT PRIMARY KEY, not_before REAL NOT NULL) STRICT;
CREATE TABLE part (target INTEGER NOT NULL REFERENCES target (id), n INTEGER NOT NULL, native TEXT NOT NULL,
  digest TEXT NOT NULL, PRIMARY KEY (target, n)) STRICT;
INSERT INTO "part" VALUES(2,0,'m1','986e00205ba62d58586cf6ff4222c96e');
INSERT INTO "part" VALUES(7,0,'m3','7c51f43162d81ca0b1cabb5473d2bf9a');
CREATE TABLE post (
  id INTEGER PRIMARY KEY AUTOINCREMENT, blog TEXT NOT NULL, native TEXT NOT NULL,
  address TEXT NOT NULL, title TEXT NOT NULL, author TEXT, published REAL, excerpt TEXT NOT NULL, picture TEXT,
  UNIQUE (blog, native)
) STRICT;
INSERT INTO "post" VALUES(1,'garden','/first/','https://blog.example/first/','First post',NULL,NULL,'',NULL);
CREATE TABLE post_address (blog TEXT NOT NULL, address TEXT NOT NULL, post INTEGER NOT NULL REFERENCES post (id),
  since REAL NOT NULL, PRIMARY KEY (blog, address)) STRICT;
INSERT INTO "post_address" VALUES('garden','https://blog.example/first/',1,1800000005.5);
CREATE TABLE route (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, since REAL NOT NULL, retired REAL) STRICT;
INSERT INTO "route" VALUES('garden','723df6581f4771ea',1800000000.0,NULL);
CREATE TABLE source (                    -- one row for each part of a blog that is read on its own beat
  blog TEXT NOT NULL, part TEXT NOT NULL DEFAULT '',
  initialised INTEGER NOT NULL DEFAULT 0, -- a flag of its own: an empty blog has been read, too
  paused TEXT,                            -- the reason, in words
  trusted INTEGER NOT NULL DEFAULT 0,     -- a person has looked: the next whole reading believes the blog's numbers
  cursor TEXT, next_read REAL NOT NULL DEFAULT 0, last_read REAL, failures INTEGER NOT NULL DEFAULT 0,
  last_error TEXT, gaps INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (blog, part)
) STRICT;
INSERT INTO "source" VALUES('garden','',1,NULL,0,'9',1.80000004846021747582e+09,1800000043.0,0,NULL,0);
CREATE TABLE speaker (                    -- law 8: since when somebody may speak for a route in a room
  route TEXT NOT NULL, chat TEXT NOT NULL, room TEXT NOT NULL, person TEXT NOT NULL, account TEXT NOT NULL,
  since REAL NOT NULL, PRIMARY KEY (route, chat, room, person)
) STRICT;
INSERT INTO "speaker" VALUES('garden','lounge','garden','ada','ada',1800000000.0);
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
INSERT INTO "target" VALUES(1,'thread',1,'lounge',1,'room:lounge/garden/1',NULL,1,1,0,0,0,'idle',0.0,0.0,0,NULL,NULL);
INSERT INTO "target" VALUES(2,'comment',1,'lounge',1,'room:lounge/garden/1',1,1,1,0,0,0,'idle',0.0,0.0,0,NULL,NULL);
INSERT INTO "target" VALUES(3,'answer',1,'lounge',1,'blog:garden/1',NULL,1,1,0,0,0,'idle',0.0,1800000026.5,0,NULL,NULL);
INSERT INTO "target" VALUES(4,'receipt',2,'lounge',1,'receipts:lounge/1',NULL,3,3,0,0,0,'idle',0.0,0.0,0,NULL,NULL);
INSERT INTO "target" VALUES(7,'comment',3,'lounge',1,'room:lounge/garden/1',1,1,1,0,0,0,'idle',0.0,0.0,0,NULL,NULL);
INSERT INTO "target" VALUES(8,'answer',2,'lounge',1,'blog:garden/1',NULL,1,0,0,0,0,'ready',0.0,1800000053.0,0,NULL,NULL);
INSERT INTO "target" VALUES(9,'receipt',4,'lounge',1,'receipts:lounge/1',NULL,1,1,0,0,0,'idle',0.0,0.0,0,NULL,NULL);
CREATE TABLE thread (
  id INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, room TEXT NOT NULL, slot TEXT NOT NULL,
  generation INTEGER NOT NULL DEFAULT 0, post INTEGER NOT NULL REFERENCES post (id), route TEXT NOT NULL,
  native TEXT, state TEXT NOT NULL DEFAULT 'open',
  UNIQUE (chat, room, slot, generation)
) STRICT;
INSERT INTO "thread" VALUES(1,'lounge','garden','1',0,1,'garden','t1','open');
CREATE INDEX comment_by_post ON comment (post, position);
CREATE INDEX comment_by_position ON comment (blog, position);
CREATE INDEX inbox_open ON inbox (chat, thread, ord, id) WHERE state = 'new';
CREATE UNIQUE INDEX thread_native ON thread (chat, native) WHERE native IS NOT NULL;
CREATE INDEX thread_by_post ON thread (post);
CREATE INDEX message_by_target ON message (target) WHERE target IS NOT NULL;
CREATE INDEX answer_open ON answer (thread, author) WHERE state = 'held';
CREATE INDEX answer_by_route ON answer (route, state);
CREATE INDEX lane_due ON lane (due) WHERE run = 0 AND due IS NOT NULL;
CREATE INDEX target_open ON target (lane, id) WHERE state IN ('ready', 'unknown');
CREATE INDEX target_parked ON target (state) WHERE state IN ('parked', 'refused');
CREATE UNIQUE INDEX delivery_open ON delivery (target) WHERE state IN ('sending', 'unknown', 'parked');
CREATE INDEX delivery_key ON delivery (key);
CREATE INDEX delivery_by_target ON delivery (target, n);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('post',8);
INSERT INTO "sqlite_sequence" VALUES('comment',3);
INSERT INTO "sqlite_sequence" VALUES('thread',1);
INSERT INTO "sqlite_sequence" VALUES('target',9);
INSERT INTO "sqlite_sequence" VALUES('delivery',7);
INSERT INTO "sqlite_sequence" VALUES('message',4);
INSERT INTO "sqlite_sequence" VALUES('inbox',4);
INSERT INTO "sqlite_sequence" VALUES('answer',2);
COMMIT;

-- Why a pending comment waits, in the blog's words. decision: which decision of ours brought it where it stands, NULL
-- where it was somebody on the blog. settled_at: when that was; what was read of it before is older.
ALTER TABLE comment ADD COLUMN held TEXT NOT NULL DEFAULT '';
ALTER TABLE comment ADD COLUMN decision INTEGER REFERENCES decision (id);
ALTER TABLE comment ADD COLUMN settled_at REAL NOT NULL DEFAULT 0;
CREATE INDEX comment_pending ON comment (blog) WHERE standing = 'pending' AND scheme = '';

-- Whether it stands in a moderation room: what is said there is for its moderators, and never becomes public.
ALTER TABLE thread ADD COLUMN desk INTEGER NOT NULL DEFAULT 0;

-- The digest of the pending comment that it answers: that is approved first, as long as it still reads so.
ALTER TABLE answer ADD COLUMN approves TEXT;

CREATE TABLE decision (
  id INTEGER PRIMARY KEY AUTOINCREMENT, comment INTEGER NOT NULL REFERENCES comment (id),
  thread INTEGER NOT NULL REFERENCES thread (id), message INTEGER REFERENCES message (id), -- where it was chosen
  person TEXT NOT NULL, name TEXT NOT NULL, listed TEXT NOT NULL, account TEXT NOT NULL, choice TEXT NOT NULL,
  standing TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, -- how the comment stood and read when it was chosen
  at REAL NOT NULL, state TEXT NOT NULL, reason TEXT                -- open · done · refused · parked · dropped · denied
) STRICT;
CREATE INDEX decision_by_comment ON decision (comment);
CREATE UNIQUE INDEX decision_open ON decision (comment) WHERE state = 'open';
CREATE INDEX target_needs ON target (needs) WHERE needs IS NOT NULL;

CREATE TABLE moderator (                  -- law 8: since when somebody may moderate for a route from a room
  route TEXT NOT NULL, chat TEXT NOT NULL, room TEXT NOT NULL, person TEXT NOT NULL, account TEXT NOT NULL,
  since REAL NOT NULL, PRIMARY KEY (route, chat, room, person)
) STRICT;

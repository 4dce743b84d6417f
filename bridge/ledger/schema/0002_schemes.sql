-- Under which sort of ids a blog is read: its adapter's name; '' while nobody has said it.
ALTER TABLE source ADD COLUMN scheme TEXT NOT NULL DEFAULT '';

-- '' for what goes by an id of the adapter that its blog has now. What another one read is put away: its ids have that
-- one's name before them, and nobody is asked about them (bridge/ledger/schemes.py).
ALTER TABLE post ADD COLUMN scheme TEXT NOT NULL DEFAULT '';
ALTER TABLE comment ADD COLUMN scheme TEXT NOT NULL DEFAULT '';

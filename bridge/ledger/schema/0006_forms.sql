-- Sent by a form: it stands nowhere in the chat but in our own copy (a target of the kind `form`).
ALTER TABLE message ADD COLUMN form INTEGER NOT NULL DEFAULT 0;

-- Its messages may have been changed or deleted while nobody listened: they are read once more.
ALTER TABLE answer ADD COLUMN recheck INTEGER NOT NULL DEFAULT 0;

-- Messages that could not be read, and never will be: each was told once, and is counted here.
ALTER TABLE connection ADD COLUMN gaps INTEGER NOT NULL DEFAULT 0;

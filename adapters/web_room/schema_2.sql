-- Version 2: operators, visitors' comments that wait for an author, and a log that is shortened.

ALTER TABLE person ADD COLUMN operator INTEGER NOT NULL DEFAULT 0;
-- Set while the message is one of `unanswered`; kept right by waiting.py, so that lists need not look it up.
ALTER TABLE message ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
-- The newest event that was dropped from the log.
ALTER TABLE instance ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;

CREATE INDEX thread_active ON thread (active, id);
CREATE INDEX message_waits ON message (thread, id) WHERE waits = 1;
CREATE INDEX message_replied ON message (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX receipt_answers ON receipt (json_extract(body, '$.answers_message'));

-- Visitors' comments that stand here, to which no author's answer is on the blog, on its way there or in doubt, and no
-- author's comment on the blog itself replies. CASE keeps json_extract away from what is no JSON.
CREATE VIEW unanswered AS
SELECT comment.id AS id
FROM message AS comment
WHERE comment.commenter IS NOT NULL
    AND comment.deleted IS NULL
    AND CASE WHEN comment.deleted IS NULL AND comment.key IS NOT NULL THEN json_extract(comment.body, '$.kind') END = 'comment'
    AND NOT EXISTS (
        SELECT 1 FROM receipt
        WHERE json_extract(receipt.body, '$.answers_message') = (SELECT id FROM instance) || '-' || comment.id
            AND json_extract(receipt.body, '$.state') IN ('held', 'publishing', 'pending', 'public', 'revising', 'parked')
    )
    AND NOT EXISTS (
        SELECT 1 FROM message AS reply
        WHERE reply.reply_to = comment.id
            AND CASE WHEN reply.deleted IS NULL AND reply.key IS NOT NULL THEN json_extract(reply.body, '$.by_author') END
    );

UPDATE message SET waits = 1 WHERE id IN (SELECT id FROM unanswered);

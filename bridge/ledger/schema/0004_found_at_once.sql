-- Found at once, however much there is: measured with 1,000,000 comments and 100,000 answers. Without these every comment
-- of a page searched all answers, and the count of what waits for an author compared all comments with all answers.
CREATE INDEX answer_by_post ON answer (post);
CREATE INDEX answer_by_comment ON answer (blog, comment) WHERE comment IS NOT NULL;
CREATE INDEX answer_addressed ON answer (blog, addressed) WHERE addressed IS NOT NULL;
CREATE INDEX comment_by_answer ON comment (answer) WHERE answer IS NOT NULL;
CREATE INDEX comment_by_author ON comment (blog, parent) WHERE origin = 'author' AND parent IS NOT NULL;
CREATE INDEX comment_waiting ON comment (blog, native)
  WHERE origin = 'visitor' AND standing = 'public' AND announced = 1 AND kind = 'comment' AND scheme = '';
CREATE INDEX target_by_thread ON target (thread, kind, subject);
CREATE INDEX inbox_parked ON inbox (id) WHERE state = 'parked';

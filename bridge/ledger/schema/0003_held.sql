-- What is held is found by its instant: without this, a lane with many open targets was searched at every step.
CREATE INDEX target_held ON target (lane, held_until) WHERE state = 'ready' AND held_until > 0;

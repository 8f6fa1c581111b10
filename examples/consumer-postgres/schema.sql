-- The ids of outcomes that were handled; delete those older than twenty days now and then.
CREATE TABLE usher_outcomes (
  id uuid PRIMARY KEY,
  handled_at timestamptz NOT NULL DEFAULT now()
);

-- Yours, by the id of the request: a redrive gives it another outcome.
CREATE TABLE signups (
  id text PRIMARY KEY,
  state text NOT NULL DEFAULT 'requested',
  provider_user text,
  problem text
);

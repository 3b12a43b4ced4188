-- SQLite, which keeps no statistics here, counts an index's columns: the indexes by state
-- must not look as good as those of a queue or of one invitation, since almost all messages
-- may be in one state.

drop index message_due;
create index message_due on message (state, due_time, id) where state = 1;

drop index message_by_invitation;
create index message_by_invitation on message (invitation_id, state);

drop index invitation_live_by_expiry;
create index invitation_live_by_expiry on invitation (state, expire_time)
  where state in (1, 2, 3, 4);

-- Folding leaves as many dead rows as there were changes, and sums read past them until they are cleared away.
alter table post_counts set (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

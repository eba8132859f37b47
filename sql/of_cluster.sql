-- What belongs to the whole cluster, or is no object with a definition, is changed as the script says, and there is no way back from it.
CREATE EXTENSION surefoot;
CREATE ROLE regress_cluster_a;
CREATE ROLE regress_cluster_b;
SELECT CASE WHEN current_setting('server_version_num')::int >= 150000 THEN 'GRANT SET ON PARAMETER work_mem TO ' ELSE 'GRANT CREATE ON TABLESPACE pg_default TO ' END AS grant_parameter \gset
:grant_parameter regress_cluster_a;
SELECT lo_create(4711);
GRANT SELECT ON LARGE OBJECT 4711 TO regress_cluster_a;
SELECT way_back FROM migrate_plan_script(:'grant_parameter' || 'regress_cluster_b');
SELECT migrate_register('0001', 'parameter', :'grant_parameter' || 'regress_cluster_b');
SELECT migrate_apply('0001');
SELECT migrate_register('0002', 'parameter', E'-- surefoot: accept=no-way-back\n' || :'grant_parameter' || 'regress_cluster_b');
SELECT migrate_apply('0002');
SELECT migrate_register('0003', 'large object', E'-- surefoot: accept=no-way-back\nGRANT SELECT ON LARGE OBJECT 4711 TO regress_cluster_b');
SELECT migrate_apply('0003');
SELECT array_agg(grantee::regrole ORDER BY grantee::regrole::text) FROM pg_largeobject_metadata, aclexplode(lomacl) WHERE grantee <> lomowner;
DROP OWNED BY regress_cluster_b;

/*
 * Conditions of our own queries on the type t of a column, of which e is the type of elements when it is an array: whether what is kept of
 * its values can be put back.
 */
#pragma once

/* Types of the server's own, but for those whose values name other objects. They mean the same whatever happens to other types. */
#define KEPT_OF_SERVER                                                                                                                     \
	"coalesce(e.oid, t.oid) = ANY "                                                                                                        \
	"('{bool,int2,int4,int8,float4,float8,numeric,text,varchar,bpchar,name,bytea,date,time,timetz,timestamp,timestamptz,"                  \
	"interval,uuid,json,jsonb,inet,cidr,macaddr,macaddr8,bit,varbit,point,lseg,box,path,polygon,line,circle,tsvector,tsquery,"             \
	"int4range,int8range,numrange,tsrange,tstzrange,daterange,pg_lsn}'::regtype[])"

/* The generated columns of table c whose values are made by functions or operators that are not the server's own. */
#define GENERATED_BY_USERS                                                                                                                 \
	"SELECT g.attname FROM pg_attribute g JOIN pg_attrdef f ON f.adrelid = g.attrelid AND f.adnum = g.attnum "                           \
	"JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid "                                                        \
	"WHERE g.attrelid = c.oid AND g.attgenerated <> '' AND d.refclassid = ANY ('{pg_proc,pg_operator}'::regclass[]) LIMIT 1"

/*
 * Others, as texts: what turns their values into texts and back is code of the server or of whoever may load code into it. There is none
 * of users in enums, and none but in C in base types.
 */
#define KEPT_AS_TEXT                                                                                                                       \
	"(coalesce(e.typtype, t.typtype) = 'e' OR "                                                                                            \
	"coalesce(e.typtype, t.typtype) = 'b' AND coalesce(e.typnamespace, t.typnamespace) <> 'pg_catalog'::regnamespace)"

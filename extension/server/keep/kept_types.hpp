/*
 * The types whose values are kept: of the server's own, less those that name other objects. Types of users may go in the same migration, or
 * their values be called otherwise before they come back.
 */
#pragma once

#define SUREFOOT_KEPT_TYPES \
	"'{bool,int2,int4,int8,float4,float8,numeric,text,varchar,bpchar,name,bytea,date,time,timetz,timestamp,timestamptz," \
	"interval,uuid,json,jsonb,inet,cidr,macaddr,macaddr8,bit,varbit,point,lseg,box,path,polygon,line,circle,tsvector,tsquery," \
	"int4range,int8range,numrange,tsrange,tstzrange,daterange,pg_lsn}'::regtype[]"

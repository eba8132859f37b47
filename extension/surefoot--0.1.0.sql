\echo Use "CREATE EXTENSION surefoot" to load this file. \quit
CREATE SCHEMA surefoot;

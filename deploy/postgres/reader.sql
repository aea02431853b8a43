-- The role with which analysts read the views of console-billing, and nothing else.
--
--   psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --file deploy/postgres/reader.sql
--
-- Run it as the owner of the service's tables, in a session that may create roles, and again after an upgrade that adds a
-- view. It may be run any number of times. The role has no password until one is set: \password console_billing_reader
BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'console_billing_reader') THEN
        CREATE ROLE console_billing_reader LOGIN;
    END IF;
    -- A rebuild of the feed waits for queries on the views, so no query may last for hours.
    ALTER ROLE console_billing_reader CONNECTION LIMIT 10;
    ALTER ROLE console_billing_reader SET default_transaction_read_only = on;
    ALTER ROLE console_billing_reader SET statement_timeout = '60s';
    ALTER ROLE console_billing_reader SET idle_in_transaction_session_timeout = '60s';

    EXECUTE format(
        'ALTER ROLE console_billing_reader IN DATABASE %I SET search_path = %I', current_database(), current_schema());
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO console_billing_reader', current_schema());
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM console_billing_reader', current_schema());

    -- Before version 15 every role may create tables in the schema `public`.
    IF has_schema_privilege('console_billing_reader', current_schema(), 'CREATE') THEN
        RAISE WARNING 'Every role may create tables in schema %. Grant CREATE to the service''s role, then REVOKE CREATE ON SCHEMA % FROM PUBLIC.',
            current_schema(), current_schema();
    END IF;
END
$$;

GRANT SELECT ON transactions_view, customers_view, events_view, daily_usage_view,
    daily_usage_by_provider_view, daily_usage_by_gpu_model_view TO console_billing_reader;
-- Reads the JSON of one stored value; it reads no table.
GRANT EXECUTE ON FUNCTION console_billing_json(BYTEA) TO console_billing_reader;

COMMIT;

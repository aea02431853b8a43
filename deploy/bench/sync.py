"""Reading an indexer's leases: how fast, in how much memory, and how deliveries fare meanwhile.

A stand-in for Console's indexer has its tables in a private PostgreSQL, filled with leases of twenty days.
"""

import threading
import time

from deliveries import Charges, Deliveries
from measuring import Result, Table, expect_only_ok, load
from servers import ConsoleBilling
from stores import STORES, PostgreSQL
from usage import BLOCKS_A_DAY, DAYS, DAYS_A_LEASE, FIRST_DAY, FIRST_HEIGHT, LEASES_AN_OWNER, MODELS, PROVIDERS

RATE = 500
QUIET_SECONDS = 3
LONGEST_SECONDS = 3600
TABLES = f"""
    CREATE TABLE day (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), date timestamptz NOT NULL UNIQUE, "aktPrice" double precision,
        "firstBlockHeight" integer NOT NULL UNIQUE, "lastBlockHeight" integer UNIQUE, "lastBlockHeightYet" integer NOT NULL,
        "aktPriceChanged" boolean NOT NULL DEFAULT FALSE);
    CREATE TABLE block (
        height integer PRIMARY KEY, datetime timestamptz NOT NULL, "dayId" uuid, "isProcessed" boolean NOT NULL DEFAULT TRUE);
    CREATE TABLE provider (owner varchar(255) PRIMARY KEY, "hostUri" varchar(255) NOT NULL);
    CREATE TABLE "deploymentGroupResource" (
        id serial PRIMARY KEY, "deploymentGroupId" uuid NOT NULL, "cpuUnits" integer NOT NULL, "gpuUnits" integer NOT NULL,
        "gpuVendor" varchar(255), "gpuModel" varchar(255), "memoryQuantity" bigint NOT NULL,
        "ephemeralStorageQuantity" bigint NOT NULL, "persistentStorageQuantity" bigint NOT NULL, count integer NOT NULL,
        price double precision NOT NULL);
    CREATE TABLE lease (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "deploymentId" uuid NOT NULL DEFAULT gen_random_uuid(),
        "deploymentGroupId" uuid NOT NULL, owner varchar(255) NOT NULL, dseq varchar(255) NOT NULL, oseq integer NOT NULL,
        gseq integer NOT NULL, "providerAddress" varchar(255) NOT NULL, "createdHeight" integer NOT NULL,
        "closedHeight" integer, "predictedClosedHeight" numeric(30, 0) NOT NULL, price double precision NOT NULL,
        "withdrawnAmount" double precision NOT NULL DEFAULT 0, denom varchar(255) NOT NULL, "cpuUnits" integer NOT NULL,
        "gpuUnits" integer NOT NULL, "memoryQuantity" bigint NOT NULL, "ephemeralStorageQuantity" bigint NOT NULL,
        "persistentStorageQuantity" bigint NOT NULL);
    CREATE INDEX ON lease ("closedHeight");
    CREATE INDEX ON lease (owner, dseq, gseq, oseq);
    CREATE INDEX ON "deploymentGroupResource" ("deploymentGroupId");
    INSERT INTO day (date, "aktPrice", "firstBlockHeight", "lastBlockHeight", "lastBlockHeightYet")
    SELECT timestamptz '{FIRST_DAY} 00:00:00+00' + n * interval '1 day', 2 + n % 100 / 100.0,
        {FIRST_HEIGHT} + n * {BLOCKS_A_DAY},
        CASE WHEN n < {DAYS - 1} THEN {FIRST_HEIGHT} + (n + 1) * {BLOCKS_A_DAY} - 1 END,
        {FIRST_HEIGHT} + (n + 1) * {BLOCKS_A_DAY} - 1
    FROM generate_series(0, {DAYS - 1}) n;
    INSERT INTO block (height, datetime)
    SELECT "lastBlockHeightYet", date + interval '86399 seconds' FROM day;
    INSERT INTO provider
    SELECT 'akash1provider' || n, 'https://provider' || n || '.example.com:8443' FROM generate_series(0, {PROVIDERS - 1}) n;
"""


def measure(build, sizes, folder, say):
    columns = ["", "leases/s", "lease-days/s", "MiB more than before", "p50 ms before", "p99 ms before"]
    columns += ["p50 ms meanwhile", "p99 ms meanwhile", "longest ms"]
    rows, details = [], {}
    lease_days = sizes.synced_leases * DAYS_A_LEASE
    with PostgreSQL(folder) as indexer:
        indexer.create("indexer")
        indexer.query(TABLES + _leases(sizes.synced_leases), "indexer")
        for kind in STORES:
            with kind(folder) as store:
                found = _sync(build, folder, store, indexer.url("indexer"), sizes, say)
            before, meanwhile = found["before"], found["meanwhile"]
            rates = [count / found["seconds"] for count in (sizes.synced_leases, lease_days)]
            latencies = [before["p50_ms"], before["p99_ms"], *(meanwhile[key] for key in ("p50_ms", "p99_ms", "max_ms"))]
            rows.append([f"console-billing, {store.name}", *rates, found["more_mib"], *latencies])
            details[store.name] = found
    title = f"Sync of {lease_days:,} lease-days beside {RATE} deliveries a second"
    return Result([Table(title, columns, rows)], details)


def _leases(count):
    models = ", ".join(f"'{model}'" if model else "NULL" for model in MODELS)
    group = f"md5('group' || n % {len(MODELS)})::uuid"
    return f"""
        INSERT INTO "deploymentGroupResource" ("deploymentGroupId", "cpuUnits", "gpuUnits", "gpuVendor", "gpuModel",
            "memoryQuantity", "ephemeralStorageQuantity", "persistentStorageQuantity", count, price)
        SELECT {group}, 1000, CASE WHEN model IS NULL THEN 0 ELSE 1 END, CASE WHEN model IS NULL THEN NULL ELSE 'nvidia' END,
            model, 1073741824, 0, 0, 1, 1
        FROM (SELECT n, (ARRAY[{models}])[n + 1] AS model FROM generate_series(0, {len(MODELS) - 1}) n) all_models;
        INSERT INTO lease ("deploymentGroupId", owner, dseq, oseq, gseq, "providerAddress", "createdHeight", "closedHeight",
            "predictedClosedHeight", price, denom, "cpuUnits", "gpuUnits", "memoryQuantity", "ephemeralStorageQuantity",
            "persistentStorageQuantity")
        SELECT {group}, 'akash1other' || n / {LEASES_AN_OWNER}, created::text, n, 1, 'akash1provider' || n % {PROVIDERS},
            created, created + {DAYS_A_LEASE * BLOCKS_A_DAY}, created + {DAYS_A_LEASE * BLOCKS_A_DAY}, 1 + n % 5000, 'uact', 1000,
            CASE WHEN n % {len(MODELS)} < 10 THEN 1 ELSE 0 END, 1073741824, 0, 0
        FROM (
            SELECT n, {FIRST_HEIGHT} + (n::bigint * 7919 % {(DAYS - DAYS_A_LEASE - 1) * BLOCKS_A_DAY})::integer AS created
            FROM generate_series(1, {count}) n) numbered;
        ANALYZE;
    """


def _sync(build, folder, store, indexer_url, sizes, say):
    deliveries, requests = Deliveries(Charges()), folder / "requests"
    settings = {"USAGE_INDEXER_URL": indexer_url, "USAGE_SYNC_INTERVAL": "0"}
    with ConsoleBilling(folder / "syncing", build, store.create("synced"), **settings) as server:
        deliveries.write(requests, int(RATE * QUIET_SECONDS))
        before = load(build, [server], requests, 2 * QUIET_SECONDS, [store], connections=64, rate=RATE)
        expect_only_ok(server.name, before)
        server.forget_peak()
        resident = server.peak_mib()
        state, progress = {"is_over": False}, None
        found = []

        def deliver():
            while not state["is_over"]:
                deliveries.write(requests, RATE * QUIET_SECONDS)
                found.append(load(build, [server], requests, 60, connections=64, rate=RATE))

        thread = threading.Thread(target=deliver)
        thread.start()
        try:
            started = time.monotonic()
            server.call("POST", "/v1/usage/syncs?full=true", b"")
            while time.monotonic() - started < LONGEST_SECONDS:
                progress = server.get("/v1/usage/syncs/latest")
                if progress["state"] not in ("waiting", "running"):
                    break
                time.sleep(0.05)
            seconds = time.monotonic() - started
        finally:
            state["is_over"] = True
            thread.join()
        more = server.peak_mib() - resident
    if progress["state"] != "completed" or progress["leases"] != sizes.synced_leases:
        raise SystemExit(f"the sync did not read everything: {progress}")
    for result in found:
        expect_only_ok(server.name, result)
    # The worst of the windows of three seconds counts.
    meanwhile = {key: max(result[key] for result in found) for key in ("p50_ms", "p99_ms", "max_ms")}
    say(f"{store.name}: {sizes.synced_leases / seconds:.0f} leases/s, p99 {meanwhile['p99_ms']:.1f} ms, {more:.0f} MiB more")
    return {"seconds": seconds, "before": before, "meanwhile": meanwhile, "more_mib": more, "progress": progress}

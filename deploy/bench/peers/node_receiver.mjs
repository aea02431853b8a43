// A receiver of webhooks with nothing but what node brings: verify, insert, commit, answer.
//
// The deliveries that were read in one turn of the event loop are committed together.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";

const secret = process.env.STRIPE_WEBHOOK_SECRET;
const tolerance = 300;

const database = new DatabaseSync(process.env.RECEIVER_DATABASE);
database.exec("PRAGMA journal_mode = WAL");
database.exec("PRAGMA synchronous = FULL");
database.exec(`
    CREATE TABLE IF NOT EXISTS events (
        sequence INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL,
        created INTEGER,
        received_at INTEGER NOT NULL,
        payload BLOB NOT NULL
    ) STRICT
`);
const begin = database.prepare("BEGIN IMMEDIATE");
const commit = database.prepare("COMMIT");
const insert = database.prepare(
    "INSERT INTO events (id, type, created, received_at, payload) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
);

function isGenuine(header, body, now) {
    const parts = (header ?? "").split(",").map((part) => part.split("="));
    const time = parts.find(([name]) => name === "t")?.[1];
    if (!time || Math.abs(now - Number(time)) > tolerance) return false;
    const expected = createHmac("sha256", secret).update(`${time}.`).update(body).digest();
    return parts.some(([name, value]) => {
        const given = name === "v1" ? Buffer.from(value, "hex") : undefined;
        return given?.length === expected.length && timingSafeEqual(given, expected);
    });
}

let waiting = [];

function commitAll() {
    const batch = waiting;
    waiting = [];
    begin.run();
    const outcomes = batch.map(({ values }) => (insert.run(...values).changes ? "recorded" : "duplicate"));
    commit.run();
    batch.forEach(({ response }, index) => answer(response, 200, { received: true, outcome: outcomes[index] }));
}

function answer(response, status, value) {
    const text = JSON.stringify(value);
    response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
    response.end(text);
}

const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
        const body = Buffer.concat(chunks);
        const now = Math.floor(Date.now() / 1000);
        if (request.url !== "/v1/stripe-webhook") return answer(response, 404, { error: "route_unknown" });
        if (!isGenuine(request.headers["stripe-signature"], body, now)) {
            return answer(response, 400, { error: "signature_invalid" });
        }
        let event;
        try {
            event = JSON.parse(body);
        } catch {
            return answer(response, 400, { error: "payload_invalid" });
        }
        if (waiting.length === 0) setImmediate(commitAll);
        waiting.push({ response, values: [event.id, event.type, event.created, now, body] });
    });
});
server.keepAliveTimeout = 300_000;
server.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => {
    server.closeAllConnections();
    server.close(() => database.close());
});

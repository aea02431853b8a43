import Testing

@testable import ConsoleBilling

struct DatabaseLocationTests {
    @Test func `a path after sqlite: is a file, and a URL of PostgreSQL's is a server`() throws {
        guard case .sqlite("data/billing.sqlite") = DatabaseLocation("sqlite:data/billing.sqlite") else {
            Issue.record("sqlite:PATH is not a file")
            return
        }
        guard case .postgres = DatabaseLocation("postgres://u:p@db.example.com/billing?sslmode=verify-full")
        else {
            Issue.record("postgres://… is not a server")
            return
        }
    }

    @Test(arguments: [
        "", "sqlite:", "data/billing.sqlite", "mysql://db/billing", "postgres://db/billing?colour=red",
        "postgres://me:p/colour@db/billing", "postgres://me:p@colour@db/billing?sslmode=disable",
        "postgres://db/billing?sslmode=colour", "postgres://db:colour/billing?sslmode=disable",
        "postgres://me@db:colour/billing?sslmode=disable", "postgres://db:0/billing?sslmode=disable",
        "postgres://one:5432,two:65536/billing?sslmode=disable", "sqlite::memory:",
        "sqlite:file:colour?mode=memory",
        "sqlite:postgres://me:colour@db/billing",
    ])
    func `what is neither is refused, with what is accepted and without what was given`(text: String) throws {
        if DatabaseLocation(text) != nil { Issue.record("\(text) is a place") }
        guard !text.isEmpty else { return }
        let values = try SettingValues(
            flags: [.databaseURL: text],
            environment: [
                "STRIPE_WEBHOOK_SECRET": "whsec_1234567890123456",
                "LINK_SIGNING_SECRET": String(repeating: "x", count: 32),
            ],
            configurationFile: nil
        )
        do {
            _ = try ServiceConfiguration(values)
            Issue.record("\(text) is accepted")
        } catch {
            #expect(error.description.contains("DATABASE_URL"))
            #expect(error.description.contains("postgres://USER:PASSWORD@HOST:PORT/NAME"))
            #expect(error.description.contains("percent-encoded"))
            #expect(!error.description.contains("colour"))
        }
    }
}

import Testing

@testable import ConsoleBilling

struct DatabaseLocationTests {
    @Test func `a path after sqlite: is a file, and a URL of PostgreSQL's is a server`() throws {
        guard case .sqlite("data/billing.sqlite") = try DatabaseLocation.parse("sqlite:data/billing.sqlite")
        else {
            Issue.record("sqlite:PATH is not a file")
            return
        }
        guard
            case .postgres = try DatabaseLocation.parse(
                "postgres://u:p@db.example.com/billing?sslmode=verify-full"
            )
        else {
            Issue.record("postgres://… is not a server")
            return
        }
    }

    @Test(arguments: [
        ("sqlite:", "has no path"), ("sqlite::memory:", "other than the path of a file"),
        ("sqlite:file:colour?mode=memory", "other than the path of a file"),
        ("data/billing.sqlite", "begins with neither sqlite: nor postgres://"),
        ("mysql://me:colour@db/billing", "begins with neither sqlite: nor postgres://"),
        ("postgres://me:p@colour@db/billing?sslmode=disable", "has an @ that is not percent-encoded"),
        ("postgres://me:p/colour@db/billing", "has an @ that is not percent-encoded"),
        ("postgres://db:colour/billing?sslmode=disable", "a port that is not a number from 1 to 65535"),
        (
            "postgres://one:5432,two:65536/billing?sslmode=disable",
            "a port that is not a number from 1 to 65535"
        ),
        ("postgres://db/billing?sslmode=colour", "another sslmode than disable, allow, prefer, require"),
        ("postgres://db/billing?colour=red", "libpq cannot read"),
    ])
    func `the part of a URL that is wrong is named`(text: String, part: String) throws {
        for setting in [Setting.databaseURL, .usageIndexerURL] {
            if setting == .usageIndexerURL, !text.hasPrefix("postgres") { continue }
            let values = try SettingValues(
                flags: [
                    setting: text, .webhookSecret: "whsec_1234567890123456",
                    .linkSigningSecret: String(repeating: "x", count: 32),
                ],
                environment: [:],
                configurationFile: nil
            )
            let error = try #require(throws: ConfigurationError.self) { try ServiceConfiguration(values) }
            let said = error.description
            #expect(
                error.problems.count == 1 && said.contains("\(setting.rawValue) is invalid: it"),
                "\(said)"
            )
            #expect(said.contains(part) && said.contains("It takes ") && !said.contains("colour"), "\(said)")
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
    func `any other URL is refused, and the message has the accepted forms and not the value`(
        text: String
    ) throws {
        if (try? DatabaseLocation.parse(text)) != nil { Issue.record("\(text) is a place") }
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

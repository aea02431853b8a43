import Foundation
import Testing

@testable import ConsoleBilling

/// A credentials file of its own, which is gone after the test.
final class CommandEnvironmentTests {
    private let path = FileManager.default.temporaryDirectory
        .appending(path: "credentials-\(UUID().uuidString).json").path(percentEncoded: false)

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func environment(
        _ variables: [String: String],
        credentials: Bool = false
    ) throws -> CommandEnvironment {
        if credentials { try DevelopmentCredentials.make(url: "http://127.0.0.1:3999").save(path) }
        return try CommandEnvironment(credentialsPath: path, environment: variables)
    }

    @Test(
        arguments: [
            ([:], "http://127.0.0.1:3080"),
            (["PORT": "8080"], "http://127.0.0.1:8080"),
            (["HOST": "0.0.0.0", "PORT": "8080"], "http://127.0.0.1:8080"),
            (["HOST": "::", "PORT": "8080"], "http://[::1]:8080"),
            (["HOST": "10.0.0.7"], "http://10.0.0.7:3080"),
            (["PUBLIC_URL": "https://billing.example.com/x", "PORT": "1"], "https://billing.example.com/x"),
        ] as [([String: String], String)]
    )
    func `the service is where the variables say`(variables: [String: String], address: String) throws {
        #expect(try environment(variables).server(nil).description == address)
    }

    @Test func `what serve --dev left is found, and is its user's alone`() throws {
        #expect(try DevelopmentCredentials.load(path) == nil)
        let made = DevelopmentCredentials.make(url: "http://127.0.0.1:3999")
        try made.save(path)
        #expect(try DevelopmentCredentials.load(path)?.apiKey == made.apiKey)
        #expect(throws: ConfigurationError.self) {
            try DevelopmentCredentials.load(self.path, user: geteuid() + 1)
        }
        let link = path + ".link"
        defer { try? FileManager.default.removeItem(atPath: link) }
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(throws: ConfigurationError.self) { try DevelopmentCredentials.load(link) }
        let hardLink = path + ".hard"
        defer { try? FileManager.default.removeItem(atPath: hardLink) }
        try FileManager.default.linkItem(atPath: path, toPath: hardLink)
        #expect(throws: ConfigurationError.self) { try DevelopmentCredentials.load(path) }
    }

    @Test func `serve --dev refuses a folder in which another could have put a database`() throws {
        let folder = path + ".folder"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (mode, isOwn) in [(0o700, true), (0o755, true), (0o775, false), (0o1777, false)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder)
            let check = { try DevelopmentCredentials.requireOwnFolder(of: folder + "/a.json") }
            if isOwn { try check() } else { #expect(throws: ConfigurationError.self) { try check() } }
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
        #expect(throws: ConfigurationError.self) {
            try DevelopmentCredentials.requireOwnFolder(of: folder + "/a.json", user: geteuid() + 1)
        }
        try DevelopmentCredentials.requireOwnFolder(of: folder + "/none/a.json")
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o601])
    func `credentials that others may read or write are not trusted`(mode: Int) throws {
        try DevelopmentCredentials.make(url: "http://127.0.0.1:3999").save(path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let error = #expect(throws: ConfigurationError.self) { try environment([:]) }
        #expect(error?.description.contains(path) == true)
    }

    @Test func `options win over variables, and variables over serve --dev`() throws {
        let variables = ["PUBLIC_URL": "http://localhost:1"]
        #expect(
            try environment(variables, credentials: true).webhook("localhost:2/hook").description
                == "http://localhost:2/hook"
        )
        #expect(try environment(variables, credentials: true).server(nil).description == "http://localhost:1")
        #expect(try environment([:], credentials: true).server(nil).description == "http://127.0.0.1:3999")
        #expect(
            try environment(["PORT": "5"], credentials: true).server(nil).description == "http://127.0.0.1:5"
        )
    }

    @Test func `the path in front of PUBLIC_URL belongs to the webhook too`() throws {
        let environment = try environment(["PUBLIC_URL": "https://example.com/billing/"])
        #expect(try environment.webhook(nil).description == "https://example.com/billing/v1/stripe-webhook")
    }

    @Test func `an invalid address is a usage error`() throws {
        let environment = try environment([:])
        let failure = #expect(throws: CommandFailure.self) { try environment.webhook("ftp://localhost") }
        #expect(failure?.code.rawValue == 64)
    }

    @Test func `nothing to sign with, and nothing to ask with, is a matter of configuration`() throws {
        let environment = try environment([:])
        #expect(
            #expect(throws: CommandFailure.self) { try environment.webhookSecret(nil) }?.code.rawValue == 78
        )
        #expect(
            #expect(throws: CommandFailure.self) { try environment.apiKey(nil, environment: [:]) }?.code
                .rawValue == 78
        )
    }

    @Test func `serve --dev's secrets are found`() throws {
        let environment = try environment([:], credentials: true)
        #expect(throws: Never.self) { try environment.webhookSecret(nil) }
        #expect(try environment.apiKey(nil, environment: [:]).hasPrefix("cbk_"))
        #expect(try environment.apiKey(nil, environment: ["CONSOLE_BILLING_API_KEY": "a"]) == "a")
        #expect(try environment.apiKey("b", environment: ["CONSOLE_BILLING_API_KEY": "a"]) == "b")
    }
}

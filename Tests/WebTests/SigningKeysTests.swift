import Billing
import Testing

@testable import Web

/// How the issuer's keys are kept.
struct SigningKeysTests {
    private let start = TestClock.start
    private static let first = TokenSigner.keySet([.console])
    private static let both = TokenSigner.keySet([.console, .next])

    private func at(_ seconds: Int64) -> Instant { start.adding(seconds: seconds) }

    @Test func `are asked for once an hour as long as they suffice`() async throws {
        let source = ScriptedKeySource(.success(Self.first))
        let keys = SigningKeys(source.document)
        for seconds: Int64 in [0, 1, 1800, 3599] {
            #expect(try await keys.key("console-1", now: at(seconds)) != nil)
        }
        #expect(source.asked == 1)
        #expect(try await keys.key("console-1", now: at(3600)) != nil)
        #expect(source.asked == 2)
    }

    @Test func `are asked for again when a token names a new one`() async throws {
        let source = ScriptedKeySource(.success(Self.first), .success(Self.both))
        let keys = SigningKeys(source.document)
        #expect(try await keys.key("console-1", now: at(0)) != nil)
        #expect(try await keys.key("console-2", now: at(30)) != nil)
        #expect(source.asked == 2)
    }

    @Test func `are not asked for at a stranger's pace, whatever names are made up`() async throws {
        let source = ScriptedKeySource(.success(Self.first))
        let keys = SigningKeys(source.document)
        for number in 0..<600 {
            #expect(try await keys.key("made up \(number)", now: at(Int64(number / 10))) == nil)
        }
        #expect(source.asked == 2, "a minute of ten a second")
    }

    @Test func `are asked for once by many at a time`() async throws {
        let source = ScriptedKeySource(.success(Self.first))
        let keys = SigningKeys(source.document)
        let now = start
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { try await keys.key("console-1", now: now) != nil } }
            for try await found in group { #expect(found) }
        }
        #expect(source.asked == 1)
    }

    @Test func `are used for a day while the issuer is down, and no longer`() async throws {
        let source = ScriptedKeySource(.success(Self.first), ScriptedKeySource.down)
        let keys = SigningKeys(source.document)
        for seconds: Int64 in [0, 3600, 40_000, 86_399] {
            #expect(try await keys.key("console-1", now: at(seconds)) != nil)
            #expect(try await keys.key("console-2", now: at(seconds)) == nil)
        }
        await #expect(throws: SigningKeysUnavailable.self) {
            try await keys.key("console-1", now: at(86_400))
        }
    }

    @Test func `that were given up are gone with the next answer`() async throws {
        let source = ScriptedKeySource(.success(Self.both), .success(TokenSigner.keySet([.next])))
        let keys = SigningKeys(source.document)
        #expect(try await keys.key("console-1", now: at(0)) != nil)
        #expect(try await keys.key("console-1", now: at(3600)) == nil)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"keys":{}}"#, #"{"keys":[]}"#, #"{"keys":[7,null,{"kty":"EC"}]}"#,
    ])
    func `are not lost to an answer that is wrong`(answer: String) async throws {
        let source = ScriptedKeySource(.success(Self.first), .success(Array(answer.utf8)))
        let keys = SigningKeys(source.document)
        #expect(try await keys.key("console-1", now: at(0)) != nil)
        #expect(try await keys.key("console-1", now: at(3600)) != nil)
        #expect(source.asked == 2)
    }

    @Test func `come back with the issuer, half a minute after the last attempt`() async throws {
        let source = ScriptedKeySource(ScriptedKeySource.down, .success(Self.first))
        let keys = SigningKeys(source.document)
        for seconds: Int64 in [0, 29] {
            await #expect(throws: SigningKeysUnavailable.self) {
                try await keys.key("console-1", now: at(seconds))
            }
        }
        #expect(source.asked == 1)
        #expect(try await keys.key("console-1", now: at(30)) != nil)
    }

    @Test func `come back after the clock was set back, too`() async throws {
        let source = ScriptedKeySource(ScriptedKeySource.down, .success(Self.first))
        let keys = SigningKeys(source.document)
        await #expect(throws: SigningKeysUnavailable.self) { try await keys.key("console-1", now: at(0)) }
        #expect(try await keys.key("console-1", now: at(-7200)) != nil)
    }

    @Test func `are those for RS256 and of some strength; others are passed over`() {
        func count(_ changes: [String: Any]) -> Int {
            let jwk = TokenSigner.next.jwk.merging(changes) { $1 }
            let document = TokenSigner.json(["keys": [jwk, TokenSigner.console.jwk]])
            return SigningKeySet(document)?.count ?? 0
        }
        #expect(count([:]) == 2)
        for changes in [
            ["use": "enc"], ["alg": "RS512"], ["kty": "oct"], ["kid": 7], ["kid": "console-1"], ["n": "AQAB"],
            ["n": "!"], ["e": ""], ["e": "AQ"], ["e": "Ag"], ["n": TokenSigner.weak.jwk["n"] ?? ""],
            ["n": String(repeating: "_", count: 1367)],
        ] as [[String: Any]] {
            #expect(count(changes) == 1, "\(changes)")
        }
        let large = TokenSigner.json([
            "keys": [TokenSigner.console.jwk], "pad": String(repeating: "x", count: 66_000),
        ])
        #expect(SigningKeySet(large) == nil)
        let many = TokenSigner.json(["keys": Array(repeating: TokenSigner.console.jwk, count: 51)])
        #expect(SigningKeySet(many) == nil)
    }
}

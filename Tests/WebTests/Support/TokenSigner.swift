import Cryptography
import Foundation
import Synchronization

@testable import Web

/// An issuer of tokens whose keys and signatures are made by the `openssl` command.
struct TokenSigner: Sendable {
    let name: String
    let keyFile: String
    /// As the command prints it, in hexadecimal digits.
    let modulus: String
    let publicPEM: String

    static let console = make("console-1", bits: 2048)
    static let next = make("console-2", bits: 3072)
    static let stranger = make("console-1", bits: 2048)
    static let weak = make("weak", bits: 1024)

    static let issuer = "https://tenant.auth0.example/"
    static let audience = "https://console-api.akash.network"
    static let rules = TokenRules(issuer: issuer, audience: audience)

    /// A private key of this run alone.
    private static func make(_ name: String, bits: Int) -> TokenSigner {
        let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString).pem")
            .path
        _ = openssl(["genrsa", "-out", file, "\(bits)"])
        let line = String(decoding: openssl(["rsa", "-in", file, "-noout", "-modulus"]), as: UTF8.self)
        let pem = String(decoding: openssl(["rsa", "-in", file, "-pubout"]), as: UTF8.self)
        let modulus = line.dropFirst("Modulus=".count).prefix { $0.isHexDigit }
        return TokenSigner(name: name, keyFile: file, modulus: String(modulus), publicPEM: pem)
    }

    /// The key as the issuer lists it.
    var jwk: [String: Any] {
        [
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": name, "e": "AQAB",
            "n": Base64URL.encoded(modulus.hexBytes), "x5c": ["ignored"],
        ]
    }

    static func keySet(_ signers: [TokenSigner]) -> [UInt8] { json(["keys": signers.map(\.jwk)]) }

    /// The claims of a user who has just signed in.
    static func claims(_ subject: String = "auth0|user-1") -> [String: Any] {
        let now = TestClock.start.unixSeconds
        return [
            "iss": issuer, "aud": [audience, "\(issuer)userinfo"], "sub": subject, "iat": now &- 10,
            "exp": now &+ 3600, "scope": "openid profile email",
        ]
    }

    func token(
        _ claims: [String: Any] = TokenSigner.claims(),
        header: [String: Any] = [:]
    ) -> String {
        let base: [String: Any] = ["alg": "RS256", "typ": "JWT", "kid": name]
        return token(payload: Self.json(claims), header: Self.json(base.merging(header) { $1 }))
    }

    func token(payload: [UInt8], header: [UInt8]) -> String {
        let signed = Base64URL.encoded(header) + "." + Base64URL.encoded(payload)
        let signature = Self.openssl(["dgst", "-sha256", "-sign", keyFile], input: Array(signed.utf8))
        return signed + "." + Base64URL.encoded(signature)
    }

    /// One that pretends the public key was a secret of both.
    func confusedToken() -> String {
        let header = Self.json(["alg": "HS256", "typ": "JWT", "kid": name])
        let signed = Base64URL.encoded(header) + "." + Base64URL.encoded(Self.json(Self.claims()))
        let code = Self.openssl(
            ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(publicPEM.utf8.hex)", "-binary"],
            input: Array(signed.utf8)
        )
        return signed + "." + Base64URL.encoded(code)
    }

    static func json(_ value: [String: Any]) -> [UInt8] {
        (try? JSONSerialization.data(withJSONObject: value, options: .sortedKeys)).map(Array.init) ?? []
    }

    private static func openssl(_ arguments: [String], input: [UInt8] = []) -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        let (given, printed) = (Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = printed
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
            try given.fileHandleForWriting.write(contentsOf: Data(input))
            try given.fileHandleForWriting.close()
        } catch {
            return []
        }
        let output = printed.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Array(output)
    }
}

extension String {
    var hexBytes: [UInt8] {
        let digits = Array(utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
        }
    }
}

extension Sequence<UInt8> {
    var hex: String {
        map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}

/// An issuer's answers, one after the other and the last of them again and again; counts how often it was asked.
final class ScriptedKeySource: Sendable {
    private let state: Mutex<(answers: [Result<[UInt8], SigningKeysUnavailable>], asked: Int)>

    init(_ answers: Result<[UInt8], SigningKeysUnavailable>...) { state = Mutex((answers, 0)) }

    static let down = Result<[UInt8], SigningKeysUnavailable>.failure(.init(reason: "timed out"))

    var asked: Int { state.withLock { $0.asked } }

    @Sendable
    func document() async throws(SigningKeysUnavailable) -> [UInt8] {
        try state.withLock { state in
            state.asked += 1
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }.get()
    }
}

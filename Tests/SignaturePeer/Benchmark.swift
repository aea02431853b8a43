import Billing
import Cryptography
import Webhooks

/// The time of one verification; meaningful in a release build only.
///
/// Set it beside `openssl speed -seconds 1 -bytes 3072 -hmac sha256` on the same machine.
enum Benchmark {
    private static let rounds = 20
    private static let callsPerRound = 20_000

    static func run() {
        guard let secret = try? EndpointSecret("whsec_benchmark_0123456789abcdef") else { return }
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 3072)
        let now = Instant(unixSeconds: 1_750_000_000)
        let header = PayloadSigner(secret: secret).header(for: body, at: now)
        let verifier = SignatureVerifier(secrets: [secret])
        let key = HMACKey(Array("whsec_benchmark_0123456789abcdef".utf8))
        let expected = key.code(over: body)

        report("verify 3072 bytes") {
            (try? verifier.verify(body, SignatureHeader(parsing: header), now: now)) != nil
        }
        report("HMAC   3072 bytes") { key.code(over: body) == expected }
        report("parse the header ") { (try? SignatureHeader(parsing: header)) != nil }
    }

    /// Prints the fastest round, which is the one the machine's other work disturbed least, and the median.
    private static func report(_ name: String, _ call: () -> Bool) {
        let clock = ContinuousClock()
        var yes = 0
        let nanoseconds = (0..<rounds).map { _ in
            let elapsed = clock.measure {
                for _ in 0..<callsPerRound where call() { yes += 1 }
            }
            return Int(elapsed / .nanoseconds(1)) / callsPerRound
        }.sorted()
        print("\(name): best \(nanoseconds[0]) ns, median \(nanoseconds[rounds / 2]) ns (\(yes) yes)")
    }
}

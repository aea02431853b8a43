import Billing
import Webhooks

/// Where the issuer's keys are fetched from.
package protocol SigningKeySource: Sendable {
    /// The document as it is now.
    ///
    /// The source keeps to a size and a time of its own.
    func document() async throws(SigningKeysUnavailable) -> [UInt8]
}

/// The keys could not be fetched; the reason is safe to log.
package struct SigningKeysUnavailable: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package init(reason: String) { self.reason = reason }

    package var description: String { "the issuer's keys cannot be fetched: \(reason)" }
}

/// Keeps the issuer's keys, and fetches them again when it is time, when a token names one that is not known, and never
/// more often than it should, whatever names strangers make up.
actor SigningKeys {
    /// For how many seconds keys are not asked for again, as long as they are all that is needed.
    static let freshSeconds: Int64 = 3600
    /// For how many seconds keys are used while the issuer cannot be asked.
    ///
    /// No token lives longer, and one that was signed with a key that was given up since must not be good for ever.
    static let staleSeconds: Int64 = 86_400
    /// Seconds between two questions, however they ended.
    static let pauseSeconds: Int64 = 30

    private let source: any SigningKeySource
    private var kept: (keys: SigningKeySet, fetchedAt: Instant)?
    private var askedAt: Instant?
    private var underWay: Task<Result<SigningKeySet, SigningKeysUnavailable>, Never>?

    init(source: any SigningKeySource) { self.source = source }

    /// The key of a name.
    ///
    /// - Returns: `nil` for a name that the issuer does not have.
    /// - Throws: ``SigningKeysUnavailable`` when that cannot be known.
    func key(_ name: String, now: Instant) async throws(SigningKeysUnavailable) -> RSAPublicKey? {
        if let kept = usable(now), let key = kept.keys[name] {
            // Who has the key need not wait while another is asking already.
            guard !isFresh(kept.fetchedAt, now), underWay == nil, mayAsk(now) else { return key }
            _ = await ask(now)
            return usable(now)?.keys[name]
        }
        var problem = SigningKeysUnavailable(reason: "the last attempt was a moment ago")
        if underWay != nil || mayAsk(now) {
            if case .failure(let failure) = await ask(now) { problem = failure }
        }
        guard let kept = usable(now) else { throw problem }
        return kept.keys[name]
    }

    private func usable(_ now: Instant) -> (keys: SigningKeySet, fetchedAt: Instant)? {
        kept.flatMap { now.seconds(since: $0.fetchedAt) < Self.staleSeconds ? $0 : nil }
    }

    private func isFresh(_ fetchedAt: Instant, _ now: Instant) -> Bool {
        0..<Self.freshSeconds ~= now.seconds(since: fetchedAt)
    }

    private func mayAsk(_ now: Instant) -> Bool {
        // A clock that was set back is no reason to wait longer.
        askedAt.map { !(0..<Self.pauseSeconds ~= now.seconds(since: $0)) } ?? true
    }

    /// Asks the issuer, or waits for who is asking.
    private func ask(_ now: Instant) async -> Result<SigningKeySet, SigningKeysUnavailable> {
        if let underWay { return await underWay.value }
        askedAt = now
        // Of nobody's request: one that is broken off must not keep all others from the keys.
        let task = Task { await fetch(now) }
        underWay = task
        return await task.value
    }

    /// Keeps what it fetched before anybody who waits goes on.
    private func fetch(_ now: Instant) async -> Result<SigningKeySet, SigningKeysUnavailable> {
        defer { underWay = nil }
        do throws(SigningKeysUnavailable) {
            guard let keys = SigningKeySet(try await source.document()) else {
                throw SigningKeysUnavailable(reason: "the answer has no key for RS256")
            }
            kept = (keys, now)
            return .success(keys)
        } catch {
            return .failure(error)
        }
    }
}

import Billing
import Cryptography

/// Fetches the issuer's current JWK Set; it must limit the size and the duration.
package typealias FetchSigningKeys = @Sendable () async throws(SigningKeysUnavailable) -> [UInt8]

/// The keys could not be fetched; the reason is safe to log.
package struct SigningKeysUnavailable: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package init(reason: String) { self.reason = reason }

    package var description: String { "the issuer's keys cannot be fetched: \(reason)" }
}

/// Caches the issuer's keys.
///
/// The keys are fetched again when they are old or when a token names an unknown key, but at most once per
/// ``SigningKeys/pauseSeconds``, so that tokens with invented key ids cause no load.
actor SigningKeys {
    /// The age in seconds up to which known keys are used without a new fetch.
    static let freshSeconds: Int64 = 3600
    /// The age in seconds up to which keys are used while the issuer is unavailable.
    ///
    /// The limit ends the use of keys that the issuer has withdrawn.
    static let staleSeconds: Int64 = 86_400
    /// The minimum interval between two fetches in seconds, whether or not they succeed.
    static let pauseSeconds: Int64 = 30

    private let document: FetchSigningKeys
    private var kept: (keys: SigningKeySet, fetchedAt: Instant)?
    private var askedAt: Instant?
    private var underWay: Task<Result<SigningKeySet, SigningKeysUnavailable>, Never>?

    init(_ document: @escaping FetchSigningKeys) { self.document = document }

    /// The key with an id.
    ///
    /// - Returns: `nil` if the issuer has no such key.
    /// - Throws: ``SigningKeysUnavailable`` if the current keys are unknown.
    func key(_ name: String, now: Instant) async throws(SigningKeysUnavailable) -> RSAPublicKey? {
        if let kept = usable(now), let key = kept.keys[name] {
            // A caller with a known key does not wait for a fetch that another caller started.
            guard !isFresh(kept.fetchedAt, now), underWay == nil, isFetchAllowed(now) else { return key }
            _ = await ask(now)
            return usable(now)?.keys[name]
        }
        var problem = SigningKeysUnavailable(reason: "the last attempt was a moment ago")
        if underWay != nil || isFetchAllowed(now) {
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

    private func isFetchAllowed(_ now: Instant) -> Bool {
        // A clock that was set back must not extend the pause.
        askedAt.map { !(0..<Self.pauseSeconds ~= now.seconds(since: $0)) } ?? true
    }

    /// Fetches the keys, or waits for the fetch in progress.
    private func ask(_ now: Instant) async -> Result<SigningKeySet, SigningKeysUnavailable> {
        if let underWay { return await underWay.value }
        askedAt = now
        // Detached from the request: a cancelled request must not cancel the fetch that others await.
        let task = Task { await fetch(now) }
        underWay = task
        return await task.value
    }

    /// Fetches the keys, and stores them before the waiting callers resume.
    private func fetch(_ now: Instant) async -> Result<SigningKeySet, SigningKeysUnavailable> {
        defer { underWay = nil }
        do throws(SigningKeysUnavailable) {
            guard let keys = SigningKeySet(try await document()) else {
                throw SigningKeysUnavailable(reason: "the answer has no key for RS256")
            }
            kept = (keys, now)
            return .success(keys)
        } catch {
            return .failure(error)
        }
    }
}

package import Billing
import Synchronization

/// Where requests find the secrets that are in force, and whoever reads them anew puts others.
package final class CurrentSecrets: Sendable {
    /// How the last attempt to read them came out; the start counts as one.
    package struct Reading: Equatable, Sendable {
        package let at: Instant
        /// What was wrong, each naming its setting and never a value; nothing where they were taken.
        package let problems: [String]
        /// When they were last taken.
        package let takenAt: Instant

        package var isSuccessful: Bool { problems.isEmpty }
    }

    private struct State {
        var inForce: SecretsInForce
        var reading: Reading
    }

    /// Since when uses are counted.
    package let startedAt: Instant
    let rules: SigningRules
    private let state: Mutex<State>

    package init(_ set: SecretSet, rules: SigningRules, now: Instant) {
        startedAt = now
        self.rules = rules
        state = Mutex(
            State(
                inForce: SecretsInForce(set, rules, after: [], now: now),
                reading: Reading(at: now, problems: [], takenAt: now)
            )
        )
    }

    package var inForce: SecretsInForce { state.withLock(\.inForce) }
    package var lastReading: Reading { state.withLock(\.reading) }

    /// Puts other secrets in force, all at once, for the requests that begin from now on.
    ///
    /// - Returns: What that changes, nothing where the secrets are the same.
    package func replace(with set: SecretSet, now: Instant) -> [SecretChange] {
        state.withLock { state in
            let before = state.inForce.list
            let new = SecretsInForce(set, rules, after: before, now: now)
            state.reading = Reading(at: now, problems: [], takenAt: now)
            let changes = SecretInForce.Kind.allCases.compactMap {
                SecretChange($0, before: before, after: new.list)
            }
            state.inForce = new
            return changes
        }
    }

    /// Keeps what is in force, since what was read cannot be right.
    package func keep(because problems: [String], now: Instant) {
        state.withLock { state in
            state.reading = Reading(at: now, problems: problems, takenAt: state.reading.takenAt)
        }
    }
}

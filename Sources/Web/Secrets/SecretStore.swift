package import Billing
import Synchronization

/// Holds the active secrets; a reload replaces them.
package final class SecretStore: Sendable {
    /// The result of the last attempt to load the secrets; the start counts as an attempt.
    struct Reading: Equatable, Sendable {
        let at: Instant
        /// The problems, which name settings and never values; empty if the secrets were loaded.
        let problems: [String]
        /// The time of the last successful load.
        let takenAt: Instant

        var isSuccessful: Bool { problems.isEmpty }
    }

    private struct State {
        var active: ActiveSecrets
        var reading: Reading
    }

    /// The start of the process, from which uses are counted.
    let startedAt: Instant
    let rules: SigningRules
    private let state: Mutex<State>

    package init(_ set: SecretsConfiguration, rules: SigningRules, now: Instant) {
        startedAt = now
        self.rules = rules
        state = Mutex(
            State(
                active: ActiveSecrets(set, rules, after: [], now: now),
                reading: Reading(at: now, problems: [], takenAt: now)
            )
        )
    }

    var active: ActiveSecrets { state.withLock(\.active) }
    var lastReading: Reading { state.withLock(\.reading) }

    /// Replaces all secrets at once, for the requests that begin from now on.
    ///
    /// - Returns: The changes; empty if the secrets are the same.
    package func replace(with set: SecretsConfiguration, now: Instant) -> [SecretChange] {
        state.withLock { state in
            let before = state.active.list
            let new = ActiveSecrets(set, rules, after: before, now: now)
            state.reading = Reading(at: now, problems: [], takenAt: now)
            let changes = ActiveSecret.Kind.allCases.compactMap {
                SecretChange($0, before: before, after: new.list)
            }
            state.active = new
            return changes
        }
    }

    /// Keeps the current secrets, because the new ones are invalid.
    package func keep(because problems: [String], now: Instant) {
        state.withLock { state in
            state.reading = Reading(at: now, problems: problems, takenAt: state.reading.takenAt)
        }
    }
}

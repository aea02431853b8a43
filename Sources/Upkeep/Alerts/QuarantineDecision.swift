import Billing
import Storage

/// Quarantined events that nobody was told of.
struct QuarantineFinding: Sendable, Equatable {
    /// The first of them, oldest first, each event once.
    let first: [EventEntry]
    let count: Int
    /// Whether there are older ones that were not counted.
    let isMore: Bool
    /// The cursor of the last entry that was looked at.
    let newest: String?

    /// - Parameters:
    ///   - entries: All that were found, oldest first, each event once.
    ///   - newest: The last entry that was looked at.
    ///   - isMore: Whether there are older ones.
    init(_ entries: [EventEntry], newest: EventEntry?, isMore: Bool) {
        first = Array(entries.prefix(AlertAuthor.namedAtMost))
        count = entries.count
        self.newest = newest?.key.text
        self.isMore = isMore
    }
}

/// Whether quarantined events are to be told now: soon, and many of them together.
enum QuarantineDecision: Sendable, Equatable {
    case wait
    case tell(Alert, AlertJournal.Quarantine)

    /// Those that arrive together are told together.
    static let gatheringSeconds: Int64 = 5
    /// However many there are, nobody is called more often.
    static let restSeconds: Int64 = 300

    /// Whether it is worth looking for some.
    static func mayLook(_ journal: AlertJournal, now: Instant) -> Bool {
        guard !journal.isTelling(.quarantine) else { return false }
        guard let rest = journal.quarantine.restsUntil?.seconds(since: now) else { return true }
        // Longer than ever would have been meant by a clock that ran ahead.
        return rest <= 0 || rest > restSeconds
    }

    init(
        _ watch: AlertJournal.Quarantine,
        _ found: QuarantineFinding,
        by author: AlertAuthor,
        now: Instant
    ) {
        guard let oldest = found.first.first, let newest = found.newest,
            !(0..<Self.gatheringSeconds).contains(now.seconds(since: oldest.receivedAt))
        else {
            self = .wait
            return
        }
        let count = found.isMore ? "At least \(found.count)" : "\(found.count)"
        let isOne = found.count == 1 && !found.isMore
        let words = AlertAuthor.Words(
            summary: isOne
                ? "An event of Stripe's of a kind that is read here could not be read. It is kept; the feed lacks it."
                : "\(count) events of Stripe's of kinds that are read here could not be read. They are kept; the "
                    + "feed lacks them.",
            nextStep:
                "Run `console-billing events quarantine` to see which and why. Most often Stripe changed a shape: "
                + "upgrade, then run `console-billing events retry`.",
            section: .quarantine
        )
        let facts = Facts(
            count: found.count,
            count_is_minimum: found.isMore,
            events: found.first.map(Facts.Quarantined.init)
        )
        let alert = author.alert(
            .eventQuarantined,
            about: [oldest.id, newest],
            now: now,
            words,
            facts
        )
        var watch = watch
        watch.toldThrough = newest
        watch.restsUntil = now.adding(seconds: Self.restSeconds)
        self = .tell(alert, watch)
    }

    private struct Facts: Encodable {
        struct Quarantined: Encodable {
            let id: String
            let type: String
            let reason: String?
            let received_at: String
            let livemode: Bool
            let account: String?

            init(_ entry: EventEntry) {
                id = entry.id
                type = entry.type
                reason = entry.reason
                received_at = entry.receivedAt.rfc3339
                livemode = entry.livemode
                account = entry.account
            }
        }

        let count: Int
        let count_is_minimum: Bool
        let events: [Quarantined]
    }
}

import Billing
import Storage

extension StoreConformance {
    static let sessionLinks = [
        StoreConformance("a session link is used once, by many at once and after a restart") { kind in
            try await kind.withPlace { place in
                let now = Instant(unixSeconds: MadeUp.start)
                let end = now.adding(seconds: 60)
                let first = try await place.open(livemode: nil)
                let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await first.useSessionLink("a", until: end, now: now) }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                try requireEqual(wins, 1, "of eight at once")
                try requireEqual(try await first.useSessionLink("b", until: end, now: now), true, "another")
                await first.close()
                let second = try await place.open(livemode: nil)
                let late = now.adding(seconds: 59)
                try requireEqual(try await second.useSessionLink("a", until: end, now: late), false, "again")
                // An expired link is never looked up again: the next link that is used deletes it.
                let after = end.adding(seconds: 9)
                try requireEqual(try await second.useSessionLink("c", until: after, now: end), true, "c")
                try requireEqual(try await second.useSessionLink("a", until: end, now: end), true, "gone")
                await second.close()
            }
        }
    ]
}

import Billing
import SQLiteStorage

/// Checks this machine: its clock, and the database's folder.
struct MachineCheck {
    /// Signatures are refused when the clocks differ by more than STRIPE_WEBHOOK_TOLERANCE.
    static let tolerableSkewSeconds: Int64 = 60

    /// `nil` when the database is not on this machine's disk.
    let databasePath: String?

    func results(now: Instant) -> [CheckResult] {
        [Self.clock(now)]
            + (databasePath.map(DatabaseFiles.resolved).map(FolderCheck.init)?.results ?? [])
    }

    /// Compares the clock with the date of this code: a clock that was never set is years behind.
    static func clock(_ now: Instant) -> CheckResult {
        let written = Instant(unixSeconds: 1_763_900_000)
        guard now > written else {
            return .bad(
                "clock",
                "This machine's clock says \(now.localText), which is past. Let it keep time with NTP."
            )
        }
        return .good("clock", "It is \(now.localText).")
    }

    /// Compares this machine's clock with another server's.
    static func clock(_ now: Instant, against other: Instant, of whom: String) -> CheckResult {
        let ahead = now.seconds(since: other)
        guard ahead.magnitude > tolerableSkewSeconds.magnitude else {
            return .good("clock.skew", "This machine and \(whom) agree about the time.")
        }
        return .bad(
            "clock.skew",
            "This machine is \(ahead.magnitude) s \(ahead > 0 ? "ahead of" : "behind") \(whom). Let it keep time with "
                + "NTP, or signatures will be refused."
        )
    }
}

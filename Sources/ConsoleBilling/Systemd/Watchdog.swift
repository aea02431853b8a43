import ServiceLifecycle

/// Says to systemd that the service is well, for as long as it is: one that hangs is started again.
struct Watchdog: ServiceLifecycle.Service {
    let socket: NotifySocket
    let interval: Duration
    /// Whether what Stripe sends could be stored now.
    let isWell: @Sendable () async -> Bool
    let pause: @Sendable (Duration) async throws -> Void

    /// Half of the time within which systemd wants to hear, as sd_watchdog_enabled(3) has it.
    ///
    /// - Parameters:
    ///   - environment: `WATCHDOG_USEC`, and `WATCHDOG_PID` where it is meant for one process.
    ///   - process: Ours.
    /// - Returns: `nil` when nobody wants to hear.
    static func interval(in environment: [String: String], process: Int32) -> Duration? {
        guard let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init), microseconds > 1,
            environment["WATCHDOG_PID"].map({ Int32($0) == process }) ?? true
        else { return nil }
        return .microseconds(microseconds / 2)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if await isWell() { socket.say(.well) }
                // Ended in the middle of a pause, there is nothing more to say.
                guard (try? await pause(interval)) != nil else { return }
            }
        }
    }
}

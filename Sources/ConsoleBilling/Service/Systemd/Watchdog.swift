import ServiceLifecycle

/// Tells systemd regularly that the service works, so that systemd restarts one that hangs.
struct Watchdog: ServiceLifecycle.Service {
    let socket: NotifySocket
    let interval: Duration
    /// Whether the service can store events now.
    let isWell: @Sendable () async -> Bool
    let pause: @Sendable (Duration) async throws -> Void

    /// Half of systemd's watchdog interval, as sd_watchdog_enabled(3) recommends.
    ///
    /// - Parameters:
    ///   - environment: Holds `WATCHDOG_USEC`, and `WATCHDOG_PID` if the watchdog is for one process.
    ///   - process: The id of this process.
    /// - Returns: `nil` if no watchdog is set for this process.
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
                // The pause was cancelled: the service stops.
                guard (try? await pause(interval)) != nil else { return }
            }
        }
    }
}

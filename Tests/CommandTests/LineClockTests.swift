import Foundation
import Testing

@testable import ConsoleBilling

/// The time of log lines.
struct LineClockTests {
    @Test func `a line has its time to the millisecond, whatever line came before`() {
        let clock = LineClock()
        for (seconds, text) in [
            (1_750_000_000.0, "2025-06-15T15:06:40.000Z"), (1_750_000_000.25, "2025-06-15T15:06:40.250Z"),
            (1_750_000_001.5, "2025-06-15T15:06:41.500Z"), (1_750_000_000.75, "2025-06-15T15:06:40.750Z"),
            (1_750_000_059.0625, "2025-06-15T15:07:39.062Z"),
        ] {
            #expect(clock.timestamp(of: Date(timeIntervalSince1970: seconds)) == text)
        }
    }
}

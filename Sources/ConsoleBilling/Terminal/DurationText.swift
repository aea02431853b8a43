import Foundation

/// Short texts for durations and sizes.
enum DurationText {
    /// Such as `3 d`, in the largest unit that fits at least once.
    static func text(_ seconds: Int64) -> String {
        switch seconds {
        case ..<0: "0 s"
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86_400: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }

    static func ago(_ seconds: Int64) -> String { "\(text(seconds)) ago" }

    /// For durations measured in milliseconds: `0.42 ms`, `3.1 ms`, `210 ms`, `1.2 s`.
    static func fine(seconds: Double) -> String {
        switch seconds {
        case ..<0.001: "\(rounded(seconds * 1000, places: 2)) ms"
        case ..<0.1: "\(rounded(seconds * 1000, places: 1)) ms"
        case ..<1: "\(rounded(seconds * 1000, places: 0)) ms"
        default: "\(rounded(seconds, places: 1)) s"
        }
    }

    /// Such as `1.4 GiB`.
    static func bytes(_ count: Double) -> String {
        var (count, unit) = (count, 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while count >= 1024, unit < units.count - 1 { (count, unit) = (count / 1024, unit + 1) }
        return "\(rounded(count, places: unit == 0 ? 0 : 1)) \(units[unit])"
    }

    private static func rounded(_ number: Double, places: Int) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "?" }
        return String(format: "%.\(places)f", number)
    }
}

/// Arithmetic that saturates at the largest or smallest number.
///
/// No number in a request, however large, may stop the service or give a result with the wrong sign.
extension Int64 {
    /// Rounds toward zero; what is no number is 0.
    package init(clamping value: Double) {
        self = value.isNaN ? 0 : Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    }

    package var negatedClamped: Int64 { Int64(0).subtractingClamped(self) }

    package func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflowed) = addingReportingOverflow(other)
        return overflowed ? (other < 0 ? .min : .max) : sum
    }

    package func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflowed) = subtractingReportingOverflow(other)
        return overflowed ? (other < 0 ? .max : .min) : difference
    }
}

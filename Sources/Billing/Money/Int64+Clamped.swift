extension Int64 {
    /// The sum, or the largest number there is: no amount in an event, however absurd, may stop the service.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflowed) = addingReportingOverflow(other)
        return overflowed ? .max : sum
    }
}

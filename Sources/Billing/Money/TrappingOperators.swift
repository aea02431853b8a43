// Numbers from outside are Int64 or Int128, and their operators stop the process on overflow. The declarations below
// shadow Swift's own in this module and in those that have a link to this file, so that using one does not compile:
// warnings are errors here. Wrapping operators such as &+ are for where a bound is known. Counts of things in memory are
// Int, which is left alone.

extension Int64 {
    @available(*, deprecated, message: "It stops the process on overflow: addingClamped or &+.")
    static func + (left: Int64, right: Int64) -> Int64 { left &+ right }

    @available(*, deprecated, message: "It stops the process on overflow: subtractingClamped or &-.")
    static func - (left: Int64, right: Int64) -> Int64 { left &- right }

    @available(*, deprecated, message: "It stops the process on overflow: multipliedReportingOverflow or &*.")
    static func * (left: Int64, right: Int64) -> Int64 { left &* right }

    @available(*, deprecated, message: "It stops the process on overflow: addingClamped or &+.")
    static func += (left: inout Int64, right: Int64) { left &+= right }

    @available(*, deprecated, message: "It stops the process on overflow: subtractingClamped or &-.")
    static func -= (left: inout Int64, right: Int64) { left &-= right }

    @available(*, deprecated, message: "It stops the process on overflow: multipliedReportingOverflow or &*.")
    static func *= (left: inout Int64, right: Int64) { left &*= right }

    @available(*, deprecated, message: "It stops the process on overflow: negatedClamped or &-.")
    static prefix func - (value: Int64) -> Int64 { 0 &- value }

    @available(*, deprecated, message: "It stops the process on overflow: init(exactly:) or init(clamping:).")
    init(_ value: Double) { self = Int64(exactly: value) ?? 0 }

    @available(*, deprecated, message: "It stops the process on overflow: init(exactly:) or init(clamping:).")
    init(_ value: Int128) { self.init(truncatingIfNeeded: value) }

    @available(*, deprecated, message: "It stops the process on overflow: init(exactly:) or init(clamping:).")
    init(_ value: UInt64) { self.init(truncatingIfNeeded: value) }
}

extension Int128 {
    @available(*, deprecated, message: "It stops the process on overflow: addingReportingOverflow or &+.")
    static func + (left: Int128, right: Int128) -> Int128 { left &+ right }

    @available(
        *,
        deprecated,
        message: "It stops the process on overflow: subtractingReportingOverflow or &-."
    )
    static func - (left: Int128, right: Int128) -> Int128 { left &- right }

    @available(*, deprecated, message: "It stops the process on overflow: multipliedReportingOverflow or &*.")
    static func * (left: Int128, right: Int128) -> Int128 { left &* right }

    @available(*, deprecated, message: "It stops the process on overflow: addingReportingOverflow or &+.")
    static func += (left: inout Int128, right: Int128) { left &+= right }

    @available(
        *,
        deprecated,
        message: "It stops the process on overflow: subtractingReportingOverflow or &-."
    )
    static func -= (left: inout Int128, right: Int128) { left &-= right }

    @available(*, deprecated, message: "It stops the process on overflow: multipliedReportingOverflow or &*.")
    static func *= (left: inout Int128, right: Int128) { left &*= right }

    @available(*, deprecated, message: "It stops the process on overflow: &-.")
    static prefix func - (value: Int128) -> Int128 { 0 &- value }
}

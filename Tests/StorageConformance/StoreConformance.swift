/// The requirements of every store: one case per invariant, or per edge of one.
///
/// A case gets the kind of store and makes its stores; it throws a ``Violation`` if an invariant does not
/// hold.
package struct StoreConformance: Sendable, CustomStringConvertible {
    /// The sentence that would be false if the case failed.
    package let law: String
    package let check: @Sendable (StoreUnderTest) async throws -> Void

    package var description: String { law }

    init(_ law: String, check: @escaping @Sendable (StoreUnderTest) async throws -> Void) {
        self.law = law
        self.check = check
    }

    package static let cases: [StoreConformance] =
        recording + versions + listing + stories + paging + filtering + searching + separation + customers
        + rebuilding
        + work
        + questions + retention + erasure + jobs + sessionLinks + ending

    /// For a store that keeps usage as well.
    package static let usageCases = usage
}

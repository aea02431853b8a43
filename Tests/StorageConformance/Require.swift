/// A law that a store did not keep.
package struct Violation: Error, CustomStringConvertible {
    package let description: String
}

func require(_ holds: Bool, _ law: @autoclosure () -> String, line: UInt = #line) throws(Violation) {
    guard holds else { throw Violation(description: "line \(line): \(law())") }
}

func requireEqual<Value: Equatable>(
    _ found: Value,
    _ expected: Value,
    _ what: @autoclosure () -> String,
    line: UInt = #line
) throws(Violation) {
    guard found != expected else { return }
    throw Violation(description: "line \(line): \(what()): found \(found), expected \(expected)")
}

func requireSome<Value>(
    _ value: Value?,
    _ what: @autoclosure () -> String,
    line: UInt = #line
) throws(Violation) -> Value {
    guard let value else { throw Violation(description: "line \(line): there is no \(what())") }
    return value
}

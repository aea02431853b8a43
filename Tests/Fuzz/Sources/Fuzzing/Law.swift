/// Stops the fuzzer unless a law holds; libFuzzer then keeps the input.
///
/// Unlike `precondition` it says in an optimised build which law it was.
package func require(
    _ holds: Bool,
    _ law: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line
) {
    guard !holds else { return }
    fatalError("broken law: \(law())", file: file, line: line)
}

/// The input of one run, copied out of libFuzzer's buffer.
package func input(_ start: UnsafePointer<UInt8>?, _ size: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : size))
}

import Foundation

/// The value that `JSONSerialization` writes as null.
enum JSONNull {
    static var value: Any { NSNull() }
}

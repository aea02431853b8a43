import Foundation

/// What `JSONSerialization` writes as null.
enum JSONNull {
    static var value: Any { NSNull() }
}

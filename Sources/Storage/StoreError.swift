/// A failure of the database, safe to log: it carries no SQL and no bound values.
package struct StoreError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Too many calls are waiting, or another process holds the database.
        case busy
        /// The disk is full; the same call may succeed once there is space.
        case full
        /// A write or a sync failed. The content of the disk is unknown: the process must stop.
        case inputOutput
        case readOnly
        /// The database was deleted or replaced while it was in use. Later writes would be lost when the
        /// process ends.
        case moved
        case connectionLost
        case constraint
        case corrupt
        /// The store has been closed, or has stopped itself after an I/O error.
        case closed
        case other
    }

    package let code: Code
    package let operation: StaticString

    package init(_ code: Code, while operation: StaticString) {
        self.code = code
        self.operation = operation
    }

    package var description: String { "store: \(code.rawValue) while \(operation)" }

    package static func == (left: StoreError, right: StoreError) -> Bool {
        left.code == right.code && left.operation.description == right.operation.description
    }
}

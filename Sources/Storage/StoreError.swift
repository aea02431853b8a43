/// A failure of the database, safe to log: it carries no SQL and no bound values.
package struct StoreError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Too much is waiting already, or another process holds the database.
        case busy
        /// The disk is full; the same call may go through once there is room.
        case full
        /// A write or a sync failed. What reached the disk is unknown: the process must not go on.
        case inputOutput
        case readOnly
        /// The database was deleted or replaced while it was in use. What is written now is gone with the process.
        case moved
        case connectionLost
        case constraint
        case corrupt
        /// The store has been closed, or stopped itself after an I/O error.
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

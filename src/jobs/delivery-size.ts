import { Fault } from '../base/fault.ts'
import { DELIVERY_MAX_BYTES, type Delivery } from './ports.ts'

/** The door cuts deliveries to size; one that is larger shows a mistake there: throws `internal`. */
export const checkDeliverySize = (delivery: Delivery): void => {
  const bytes = Buffer.byteLength(JSON.stringify(delivery))
  if (bytes > DELIVERY_MAX_BYTES) {
    throw new Fault('internal', { delivery: delivery.id, bytes, limit: DELIVERY_MAX_BYTES })
  }
}

// What every page of the product does.
import "common/composition.js"
import "common/theme.js"
import "common/clock.js"
import "common/toast.js"
import "common/password.js"

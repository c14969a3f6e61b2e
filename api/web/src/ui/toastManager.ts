import { Toast } from "@base-ui/react/toast";

/** Short words at the edge of the screen, from anywhere in the app. */
export const toasts = Toast.createToastManager();

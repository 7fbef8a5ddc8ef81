"""ROS 2 shells around the stages: the only package that imports rclpy."""
